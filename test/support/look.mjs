/**
 * Runs in a page: what a visitor would see wrong in it, a sentence for each fault. Texts on one another, elements that leave the
 * window or are cut, and texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3).
 */
(() => {
  /** Boxes of lines have air above and below their letters, which may meet that of the next line. */
  const air = 0.15;
  const leastContrast = 4.5;

  const nameOf = (text) => `"${text.trim().replace(/\s+/g, ' ').slice(0, 40)}"`;

  const texts = [];
  const walker = document.createTreeWalker(document.body ?? document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.data.trim() === '' || node.parentElement.closest('style, title')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects()) {
      if (right - left < 1) continue;
      const cut = (bottom - top) * air;
      texts.push({ name: nameOf(node.data), node, left, right, top: top + cut, bottom: bottom - cut });
    }
  }

  /** What hides what leaves it; undefined where it can be scrolled to. */
  const clipOf = (element) => {
    for (let around = element.parentElement; around; around = around.parentElement) {
      const { overflowX } = getComputedStyle(around);
      if (overflowX === 'auto' || overflowX === 'scroll') return undefined;
      if (overflowX === 'hidden' || overflowX === 'clip') return around.getBoundingClientRect();
    }
    return { left: 0, right: innerWidth };
  };

  const channels = (color) => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const luminance = ({ rgb }) => {
    const [red, green, blue] = rgb.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let around = element; around; around = around.parentElement) {
      const color = channels(getComputedStyle(around).backgroundColor);
      if (color.alpha === 1) return color;
    }
    return { rgb: [255, 255, 255], alpha: 1 };
  };
  const contrastOf = (element) => {
    const [one, other] = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };

  const faults = [];
  for (const [at, text] of texts.entries()) {
    for (const other of texts.slice(at + 1)) {
      const isApart =
        text.right <= other.left || other.right <= text.left || text.bottom <= other.top || other.bottom <= text.top;
      if (!isApart) faults.push(`${text.name} lies on ${other.name}`);
    }
  }
  for (const element of document.body?.querySelectorAll('*') ?? []) {
    const { left, right, width } = element.getBoundingClientRect();
    const clip = clipOf(element);
    if (width > 0 && clip && (left < clip.left - 0.5 || right > clip.right + 0.5))
      faults.push(`<${element.localName}> ${nameOf(element.textContent)} is cut or leaves the window`);
  }
  if (document.documentElement.scrollWidth > innerWidth) faults.push('the page is wider than the window');
  for (const { node, name } of texts) {
    const contrast = contrastOf(node.parentElement);
    if (!(contrast >= leastContrast)) faults.push(`${name} has a contrast of ${contrast.toFixed(2)}`);
  }
  for (const list of document.querySelectorAll('dl.rows')) {
    const lefts = [...list.querySelectorAll('dd')].map((description) => description.getBoundingClientRect().left);
    if (new Set(lefts).size > 1) faults.push('the descriptions of a list do not begin at one line');
  }
  return [...new Set(faults)];
})();
