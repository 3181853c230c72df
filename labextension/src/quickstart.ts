// The quickstart: a copy of it in the folder that the file browser shows.

import type { Contents } from '@jupyterlab/services';
import english from '../../notebooks/00_quickstart.ipynb';
import chinese from '../../notebooks/00_quickstart_zh.ipynb';
import { within } from './paths.js';
import { isChinese } from './words.js';

/** The path of the quickstart in `folder`; a file that is there already is kept as it is. */
export async function putQuickstart(
  contents: Contents.IManager,
  folder: string,
  language: string | undefined
): Promise<string> {
  const [name, content] = isChinese(language)
    ? ['00_quickstart_zh.ipynb', chinese]
    : ['00_quickstart.ipynb', english];
  const path = within(folder, name);
  const { content: files } = await contents.get(folder, { type: 'directory', content: true });
  if (!(files as Contents.IModel[]).some(file => file.name === name)) {
    await contents.save(path, { type: 'notebook', format: 'json', content });
  }
  return path;
}
