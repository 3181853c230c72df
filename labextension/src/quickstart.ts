// The quickstart: a copy of it in the folder that the file browser shows.

import type { Contents } from '@jupyterlab/services';
import english from '../../notebooks/00_quickstart.ipynb';
import chinese from '../../notebooks/00_quickstart_zh.ipynb';
import { place } from './paths.js';
import { isChinese } from './words.js';

/** Where the quickstart lies now: the file that is there already is kept as it is. */
export async function putQuickstart(
  contents: Contents.IManager,
  folder: string,
  language: string | undefined
): Promise<string> {
  const zh = isChinese(language);
  const path = place(folder, zh ? '00_quickstart_zh.ipynb' : '00_quickstart.ipynb');
  if (!(await exists(contents, path))) {
    const content = zh ? chinese : english;
    await contents.save(path, { type: 'notebook', format: 'json', content });
  }
  return path;
}

async function exists(contents: Contents.IManager, path: string): Promise<boolean> {
  try {
    await contents.get(path, { content: false });
    return true;
  } catch (reason) {
    const status = (reason as { response?: { status?: number } }).response?.status;
    if (status === 404) return false;
    throw reason;
  }
}
