// The page's own modules, as the live view uses them; here with the types that this extension needs.

import { emptyPicture as empty, merge as take } from '../../src/nbfinetune/front/picture.js';
import { mountRunView as mount } from '../../src/nbfinetune/front/run_view.js';

export interface Picture {
  head: { ended: boolean; step: number; commands: string[] };
  about: { items: { name: string }[] };
  /** Why a message was not taken. */
  refused: string;
}

export interface RunView {
  show(picture: Picture): void;
  /** Something quiet above all; '' takes it away. */
  hint(text: string): void;
  destroy(): void;
}

export const emptyPicture = empty as unknown as () => Picture;
export const merge = take as (picture: Picture, message: object) => 'ok' | 'gap' | 'refused';
/** Without buttons: nobody answers those of a saved picture. */
export const mountRunView = mount as unknown as (el: HTMLElement) => RunView;
