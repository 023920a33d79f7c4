/* Light or dark, before the first paint: what the reader chose here, or else what the system says. */
'use strict';
window.HB = window.HB || {};
HB.keep = {
  read(key) {
    try { return localStorage.getItem('hb-' + key); } catch { return null; }
  },
  write(key, value) {
    try { localStorage.setItem('hb-' + key, value); } catch { /* a browser that keeps nothing */ }
  },
};
if (HB.keep.read('theme')) document.documentElement.dataset.theme = HB.keep.read('theme');
