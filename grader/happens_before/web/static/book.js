/* The book's own behaviour: light and dark, the contents as a drawer, the search. */
'use strict';
window.HB = window.HB || {};

/* An element with properties, and children: texts or elements. Nothing is ever read as HTML. */
HB.el = function (tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties || {})) {
    if (key in element && key !== 'list') element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

HB.top = document.body.dataset.top;

/* What stands behind an address's # , or "" where it is none that a browser could have made. */
HB.unescaped = function (text) {
  try { return decodeURIComponent(text); } catch (error) { return ''; }
};

/* Run a script once; a promise of its end. Scripts, unlike fetch, work from a disk too. */
HB.load = function (name, asItIs) {
  HB.loading = HB.loading || {};
  HB.loading[name] = HB.loading[name] || new Promise((done, failed) => {
    const script = HB.el('script', { src: asItIs ? name : HB.top + 'static/' + name });
    script.addEventListener('load', done);
    script.addEventListener('error', () => failed(new Error(name + ' cannot be loaded.')));
    document.head.append(script);
  });
  return HB.loading[name];
};

(function theme() {
  const button = document.getElementById('theme');
  const root = document.documentElement;
  button.addEventListener('click', () => {
    const dark = getComputedStyle(root).getPropertyValue('--is-dark').trim() === '1';
    root.dataset.theme = dark ? 'light' : 'dark';
    HB.keep.write('theme', root.dataset.theme);
  });
})();

(function drawer() {
  const button = document.getElementById('menu');
  const course = document.getElementById('course');
  const set = (open) => {
    button.setAttribute('aria-expanded', String(open));
    document.body.classList.toggle('drawn', open);
    if (open) (course.querySelector('[aria-current]') || course.querySelector('a')).focus();
  };
  button.addEventListener('click', () => set(button.getAttribute('aria-expanded') !== 'true'));
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && document.body.classList.contains('drawn')) {
      set(false);
      button.focus();
    }
  });
  course.addEventListener('click', (event) => { if (event.target.closest('a')) set(false); });
})();

/* What overflows can be scrolled by keyboard; only that becomes a stop of the tab key. */
(function scrollers() {
  const all = document.querySelectorAll('pre, .wide');
  const look = () => {
    for (const element of all) {
      if (element.scrollWidth > element.clientWidth + 1) {
        element.tabIndex = 0;
        element.setAttribute('role', 'region');
        element.setAttribute('aria-label', element.matches('pre') ? 'Code' : 'Table');
      } else {
        element.removeAttribute('tabindex');
        element.removeAttribute('role');
        element.removeAttribute('aria-label');
      }
    }
  };
  look();
  addEventListener('resize', look);
})();

/* On a narrow screen what stands beside the text stands above it, and is folded. */
if (matchMedia('(max-width: 66rem)').matches) {
  for (const box of document.querySelectorAll('.toc details')) box.open = false;
}

/* Where the reader is, in the table of contents beside the text. */
(function position() {
  const links = [...document.querySelectorAll('.toc a[href^="#"]')];
  if (!links.length) return;
  const targets = links.map((link) => document.getElementById(HB.unescaped(link.hash.slice(1))));
  const look = () => {
    let now = -1;
    targets.forEach((target, n) => { if (target && target.getBoundingClientRect().top < 140) now = n; });
    links.forEach((link, n) => link.classList.toggle('here', n === now));
  };
  let asked = false;
  addEventListener('scroll', () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; look(); });
  }, { passive: true });
  look();
})();

(function search() {
  const MOST = 12;
  let dialog, field, list, said, index;

  function build() {
    index = lunr(function () {
      this.ref('n');
      this.field('section', { boost: 8 });
      this.field('chapter', { boost: 4 });
      this.field('text');
      this.metadataWhitelist = ['position'];
      HB.sections.forEach(([, , chapter, section, text], n) => this.add({ n, chapter, section, text }));
    });
  }

  function ask(text) {
    const words = text.toLowerCase().split(/[^\p{L}\p{N}_]+/u).filter(Boolean);
    if (!words.length) return [];
    return index.query((query) => {
      words.forEach((word, n) => {
        query.term(lunr.tokenizer(word), { boost: 10 });
        if (n === words.length - 1) {
          query.term(word, { wildcard: lunr.Query.wildcard.TRAILING, usePipeline: false });
        }
      });
    });
  }

  /* A few words around the first hit in the text, with the hit marked. */
  function excerpt(result) {
    const text = HB.sections[result.ref][4];
    const hits = Object.values(result.matchData.metadata)
      .flatMap((fields) => (fields.text ? fields.text.position : []))
      .sort((a, b) => a[0] - b[0]);
    const [start, length] = hits[0] || [0, 0];
    const from = Math.max(0, text.lastIndexOf(' ', start - 50) + 1);
    return HB.el('span', { className: 'around' },
      (from ? '… ' : '') + text.slice(from, start),
      HB.el('mark', {}, text.slice(start, start + length)),
      text.slice(start + length, start + length + 90).replace(/\s+\S*$/, '') + ' …');
  }

  function show() {
    list.replaceChildren();
    const text = field.value.trim();
    if (!text || !index) { said.textContent = ''; return; }
    const results = ask(text);
    said.textContent = results.length ? results.length + ' sections' : 'Nothing found.';
    for (const result of results.slice(0, MOST)) {
      const [url, anchor, chapter, section] = HB.sections[result.ref];
      const href = HB.top + url + (anchor ? '#' + encodeURIComponent(anchor) : '');
      list.append(HB.el('li', {}, HB.el('a', { href },
        HB.el('span', { className: 'where' }, chapter), HB.el('strong', {}, section || chapter), excerpt(result))));
    }
  }

  function open() {
    if (!dialog) {
      field = HB.el('input', { type: 'search', placeholder: 'Search the book', autocomplete: 'off' });
      field.setAttribute('aria-label', 'Search the book');
      said = HB.el('p', { className: 'said', role: 'status' });
      list = HB.el('ol', {});
      dialog = HB.el('dialog', { className: 'search' }, field, said, list);
      dialog.setAttribute('aria-label', 'Search');
      document.body.append(dialog);
      field.addEventListener('input', show);
      dialog.addEventListener('click', (event) => {
        if (event.target === dialog || event.target.closest('a')) dialog.close();
      });
      dialog.addEventListener('keydown', move);
    }
    dialog.showModal();
    field.focus();
    field.select();
    Promise.all([HB.load('lunr.min.js'), HB.load('search-index.js')])
      .then(() => { if (!index) build(); show(); })
      .catch((error) => { said.textContent = 'The search is not there: ' + error.message; });
  }

  /* Arrow keys go through the results. */
  function move(event) {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const stops = [field, ...list.querySelectorAll('a')];
    const at = stops.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1);
    if (stops[at]) { event.preventDefault(); stops[at].focus(); }
  }

  document.getElementById('find').addEventListener('click', open);
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, textarea, select, [contenteditable], dialog');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      open();
    }
  });
})();
