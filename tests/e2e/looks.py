"""What an eye would complain of, measured in the page: faint texts and boxes that stick out."""

from __future__ import annotations

from playwright.sync_api import Locator

_CONTRASTS = """root => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = color => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
  const line = node => {
    const all = [];
    for (let at = node; at; at = at.parentElement) all.push(at);
    return all;
  };
  const ground = node => line(node).reverse()
    .map(at => rgba(getComputedStyle(at).backgroundColor))
    .reduce((below, color) => over(color, below), [255, 255, 255]);
  const luminance = color => {
    const [r, g, b] = color.map(v => v / 255)
      .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = node => {
    const style = getComputedStyle(node);
    const [r, g, b, a] = rgba(node instanceof SVGElement ? style.fill : style.color);
    const opacity = line(node).reduce((all, at) => all * Number(getComputedStyle(at).opacity), 1);
    const below = ground(node);
    const pair = [luminance(over([r, g, b, a * opacity], below)), luminance(below)];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  const says = node => [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
  const seen = node => node.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && node.getClientRects().length > 0;
  return [root, ...root.querySelectorAll('*:not(style):not(:disabled)')]
    .filter(node => says(node) && seen(node) && !node.closest(':disabled'))
    .map(node => [contrast(node), `${node.localName}: ${node.textContent.trim().slice(0, 40)}`]);
}"""

_OVERFLOWS = """root => {
  const frame = root.closest('.jp-OutputArea-output');
  const { left, right } = frame.getBoundingClientRect();
  const scrolled = node => {
    for (let at = node.parentElement; at !== root.parentElement; at = at.parentElement) {
      if (getComputedStyle(at).overflowX !== 'visible') return true;
    }
    return false;
  };
  const boxes = [root, ...root.querySelectorAll('*')]
    .filter(node => node.checkVisibility() && !scrolled(node))
    .map(node => [node, node.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.left < left - 1 || box.right > right + 1))
    .map(([node, box]) => [node, [box.left, box.right, right].map(x => Math.round(x - left))])
    .map(([node, [from, to, width]]) =>
      `${node.localName}.${node.getAttribute('class')}: ${from}…${to} of ${width}`);
  const inner = [...root.querySelectorAll('*')]
    .filter(node => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1
      && ['auto', 'scroll'].includes(getComputedStyle(node).overflowX))
    .map(node => `${node.localName}.${node.getAttribute('class')} scrolls sideways`);
  return [...boxes, ...inner];
}"""


def contrasts(part: Locator) -> list[tuple[float, str]]:
    """The contrast (WCAG 2) of every text that can be seen, faintest first."""
    return sorted((float(ratio), str(text)) for ratio, text in part.evaluate(_CONTRASTS))


def overflows(part: Locator) -> list[str]:
    """Boxes that stick out of their output, or scroll sideways."""
    return [str(box) for box in part.evaluate(_OVERFLOWS)]
