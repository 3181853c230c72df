// What users read, in English and Chinese.

/** Why a picture is the saved one: the live one is looked for, is gone, or there never was one. */
export type Why = 'waiting' | 'gone' | 'saved';

/** Of the palette, in every language: it finds only entries that have Latin letters before the hit. */
export const CATEGORY = 'Fine-tuning';

export interface Words {
  openQuickstart: string;
  cannotOpen: string;
  damaged: string;
  why: (why: Why, step: number, command: string) => string;
  studioGone: string;
}

const ENGLISH: Words = {
  openQuickstart: 'Fine-tune: open quickstart',
  cannotOpen: 'The quickstart could not be opened',
  damaged: 'This saved run is damaged and cannot be shown.',
  studioGone: 'A studio was here; this notebook holds no picture of it. Run the cell again to open it.',
  why: (why, step, command) =>
    ({
      waiting: `As saved at step ${step}; waiting for the kernel of this run.`,
      gone: `As saved at step ${step}; the kernel of this run is gone. ${command} shows how it went on.`,
      saved: `As saved at step ${step}. ${command} shows how it went on.`
    })[why]
};

const CHINESE: Words = {
  openQuickstart: '微调：打开快速入门 (quickstart)',
  cannotOpen: '无法打开快速入门',
  damaged: '这次运行的存档已损坏，无法显示。',
  studioGone: '这里曾是数据集工作室；笔记本中没有它的快照。重新运行此单元格即可打开。',
  why: (why, step, command) =>
    ({
      waiting: `保存于第 ${step} 步；正在等待这次运行的内核。`,
      gone: `保存于第 ${step} 步；这次运行的内核已不在。后续情况：${command}`,
      saved: `保存于第 ${step} 步。后续情况：${command}`
    })[why]
};

/** `code` as JupyterLab gives it: `en`, `zh_CN`, `zh-TW`, … */
export function isChinese(code: string | undefined): boolean {
  return (code ?? '').toLowerCase().startsWith('zh');
}

export function words(code: string | undefined): Words {
  return isChinese(code) ? CHINESE : ENGLISH;
}
