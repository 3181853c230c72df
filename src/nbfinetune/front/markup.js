// Markup that the kernel wrote, as nodes of a few known kinds: whatever it might hold, nothing runs.

const TAGS = new Set(['DIV', 'SPAN', 'P', 'H4', 'H5', 'B', 'PRE', 'CODE', 'BUTTON']);
const ATTRIBUTE = /^(?:class|title|role|type|tabindex|hidden|aria-\w+|data-\w+)$/;

/**
 * @param {string} html @param {Document} [page] that gets the nodes
 * @returns {DocumentFragment} without elements and attributes that are not known
 */
export function knownNodes(html, page = document) {
  const made = page.createDocumentFragment();
  const parsed = new DOMParser().parseFromString(html, 'text/html'); // a document in which nothing runs
  made.append(...[...parsed.body.childNodes].flatMap((node) => known(node, page)));
  return made;
}

function known(node, page) {
  if (node.nodeType === 3) return [page.createTextNode(node.data)];
  if (!TAGS.has(node.tagName)) return [];
  const copy = page.createElement(node.tagName);
  for (const { name, value } of node.attributes) if (ATTRIBUTE.test(name)) copy.setAttribute(name, value);
  copy.append(...[...node.childNodes].flatMap((child) => known(child, page)));
  return [copy];
}
