// A saved picture: from the data in a notebook to what is drawn, or to the line that says why not.

import { emptyPicture, merge, Picture } from './front.js';

export const RUN_MIME = 'application/vnd.nbfinetune.run+json';
export const STUDIO_MIME = 'application/vnd.nbfinetune.studio+json';
export const WIDGET_MIME = 'application/vnd.jupyter.widget-view+json';

export type Saved = { picture: Picture } | { line: string };

/** Never throws: what a notebook holds may come from anywhere. */
export function readSaved(data: unknown, damaged: string): Saved {
  try {
    if (!isObject(data) || !Number.isInteger(data.v)) return { line: damaged };
    const picture = emptyPicture();
    const outcome = merge(picture, data);
    if (outcome === 'refused') return { line: picture.refused };
    if (outcome === 'gap' || !isObject(data.head)) return { line: damaged };
    picture.head.commands = [];
    return { picture };
  } catch {
    return { line: damaged };
  }
}

/** The model of the live view in the same output; '' where there is none. */
export function modelId(data: unknown): string {
  return isObject(data) && typeof data.model_id === 'string' ? data.model_id : '';
}

/** The magic that shows this run from its folder. */
export function showCommand(picture: Picture): string {
  return `%ft_runs ${picture.about.items[0]?.name ?? ''}`.trimEnd();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
