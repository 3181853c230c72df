// How far a list is scrolled. A node that was taken out of the page and put back (JupyterLab does so
// with outputs far away) has lost that, which looks like a scroll to the top. So a second box that
// nobody can scroll stands beside the list: where that one lost its place, so did the list.

import { CLASS_PREFIX, element } from './dom.js';

const WITNESSED = 50; // pixels; a page that is zoomed out rounds a few to none

/**
 * @param {{scrollTop: number, clientHeight: number}} box of the list
 * @param {{scrollTop: number}} witness from `makeWitness`, in the page with the box
 * @returns {{top: number, isLost: () => boolean, read: () => boolean, write: (top: number) => void}}
 *   `top`: pixels above what is seen
 */
export function scrollKeeper(box, witness) {
  const isLost = () => witness.scrollTop === 0;
  return {
    top: 0,
    isLost,
    /** Whether somebody scrolled; known at once, while the event of it comes with the next frame. */
    read() {
      if (isLost() || isAt(box, this.top)) return false;
      this.top = box.scrollTop;
      return true;
    },
    /** Puts the list there; one that is out of the page stays lost until the next time. */
    write(top) {
      this.top = top;
      if (!box.clientHeight) return;
      if (!isAt(box, top)) box.scrollTop = top;
      witness.scrollTop = WITNESSED;
    },
  };
}

/** A screen rounds to pixels of its own. */
function isAt(box, top) {
  return Math.abs(box.scrollTop - top) <= 0.5;
}

/**
 * @param {() => void} onMoved called a frame after it came into the page, or to another place of it
 * @returns {HTMLElement}
 */
export function makeWitness(onMoved) {
  const inner = element('div', '', { style: `height:${WITNESSED * 3}px` });
  const style = 'position:absolute;top:0;width:1px;height:8px;overflow:hidden;visibility:hidden';
  // an animation begins whenever its node comes into the page, also where it was there a moment before
  const begins = `animation:${CLASS_PREFIX}moved 1ms !important`;
  const witness = element('div', '', { style: `${style};${begins}`, 'aria-hidden': 'true' }, [inner]);
  witness.addEventListener('animationstart', onMoved);
  return witness;
}
