// The rules that let all modules be joined into one, and the one on text.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const FRONT = fileURLToPath(new URL('../../src/nbfinetune/front/', import.meta.url));
const FILES = readdirSync(FRONT).filter((name) => name.endsWith('.js'));
const SOURCES = Object.fromEntries(FILES.map((name) => [name, readFileSync(FRONT + name, 'utf8')]));

test('top-level names are unique over all modules', () => {
  const seen = {};
  for (const [file, source] of Object.entries(SOURCES)) {
    for (const [, name] of source.matchAll(/^(?:export )?(?:function|const|let|class) (\w+)/gm)) {
      (seen[name] ??= []).push(file);
    }
  }
  assert.deepEqual(Object.entries(seen).filter(([, files]) => files.length > 1), []);
});

test('an import is one line, renames nothing and names a module of ours', () => {
  for (const [file, source] of Object.entries(SOURCES)) {
    for (const line of source.split('\n').filter((one) => one.startsWith('import'))) {
      assert.match(line, /^import \{ [\w, ]+ \} from '\.\/\w+\.js';$/, file);
      assert.doesNotMatch(line, / as /, file);
    }
  }
});

test('the widgets alone have a default export', () => {
  const files = FILES.filter((name) => /^export default/m.test(SOURCES[name]));
  assert.deepEqual(files, ['repair_widget.js', 'run_widget.js', 'studio_widget.js']);
});

test('no module makes markup out of text', () => {
  for (const [file, source] of Object.entries(SOURCES)) {
    assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/, file);
  }
});

test('a module exports nothing that nobody imports, but for its tests and its hosts', () => {
  const everything = Object.values(SOURCES).join('\n');
  const imported = new Set([...everything.matchAll(/^import \{ ([\w, ]+) \}/gm)].flatMap(([, names]) => names.split(', ')));
  const exported = [...everything.matchAll(/^export (?:function|const) (\w+)/gm)].map(([, name]) => name);
  const tests = readdirSync(new URL('.', import.meta.url)).map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('\n');
  assert.deepEqual(exported.filter((name) => !imported.has(name) && !tests.includes(name)), []);
});
