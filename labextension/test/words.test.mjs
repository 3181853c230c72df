import assert from 'node:assert/strict';
import { test } from 'node:test';
import { within } from '../lib/labextension/src/paths.js';
import { words } from '../lib/labextension/src/words.js';

test('Chinese for every kind of Chinese, English for all others', () => {
  for (const code of ['zh_CN', 'zh-TW', 'zh', 'ZH']) assert.equal(words(code).openQuickstart, '微调：打开快速入门 (quickstart)', code);
  for (const code of ['en', 'fr_FR', '', undefined]) assert.equal(words(code).openQuickstart, 'Fine-tune: open quickstart', code);
});

test('the reason names the step and the command', () => {
  assert.equal(
    words('en').why('gone', 80, '%ft_runs poet'),
    'As saved at step 80; the kernel of this run is gone. %ft_runs poet shows how it went on.'
  );
});

test('a file in a folder, at the root, on a drive', () => {
  const cases = { '': 'q', a: 'a/q', 'a/b': 'a/b/q', 'a/': 'a/q', 'RTC:': 'RTC:q', 'RTC:a': 'RTC:a/q' };
  for (const [folder, path] of Object.entries(cases)) assert.equal(within(folder, 'q'), path);
});
