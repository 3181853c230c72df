// Keys that a control needs must not reach the notebook: there, in command mode, `+` or `d` would
// change cells.

const SUPPRESS = 'data-lm-suppress-shortcuts'; // JupyterLab leaves keys on such a node alone

/**
 * While the focus is in `root`, plain keys are its own; chords (Ctrl+S) stay the notebook's.
 * The attribute must be there before JupyterLab looks, and it listens on the document first of all.
 * @param {HTMLElement} root @param {(event: KeyboardEvent) => boolean} [ownChord] chords that aren't
 * @returns {() => void} ends it
 */
export function keepKeys(root, ownChord = () => false) {
  const listen = (event) => {
    if (!(event.target instanceof Element) || !root.contains(event.target)) return;
    const own = !(event.ctrlKey || event.metaKey || event.altKey) || ownChord(event);
    if (own) event.target.setAttribute(SUPPRESS, 'true');
    else event.target.removeAttribute(SUPPRESS);
  };
  window.addEventListener('keydown', listen, true);
  // JupyterLab 4.6 takes line breaks and undo away from text fields below a cell, before they get them
  root.addEventListener('beforeinput', (event) => event.stopPropagation(), true);
  return () => window.removeEventListener('keydown', listen, true);
}
