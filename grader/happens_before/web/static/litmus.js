/* The litmus lab: choose a shape and its orders, predict, see what is allowed and what happens. */
'use strict';

(function lab() {
  const el = HB.el;
  const place = document.getElementById('lab');
  const live = 'live' in document.body.dataset;
  const SVG = 'http://www.w3.org/2000/svg';
  const EDGES = {
    rf: 'reads from', sw: 'synchronises: happens-before', mo: 'is overwritten by', fr: 'reads what this overwrites',
  };
  const shape = el('select', { id: 'shape' }, ...HB.litmus.map((item) => el('option', { value: item.name }, item.name)));
  const order = el('select', { id: 'order' });
  const about = el('p', { className: 'about' });
  const program = el('table', { className: 'program' });
  const predict = el('form', { className: 'predict' });
  const result = el('section', { ariaLabel: 'The outcomes', hidden: true });
  let chosen = null;

  place.append(
    el('div', { className: 'pick' }, el('label', {}, 'Shape ', shape), el('label', {}, 'Orders ', order)),
    about, el('div', { className: 'wide' }, program), predict, result);

  function pickShape() {
    const item = HB.litmus.find((one) => one.name === shape.value);
    order.replaceChildren(...item.orders.map((one) => el('option', { value: one.order }, one.order + ': ' + one.says)));
    pick();
  }

  function pick() {
    const item = HB.litmus.find((one) => one.name === shape.value);
    chosen = item.orders.find((one) => one.order === order.value);
    history.replaceState(null, '', '#' + encodeURIComponent(item.name) + '/' + chosen.order);
    about.textContent = item.title + (item.title.endsWith('?') ? '' : '.');
    const rows = Math.max(...chosen.threads.map((thread) => thread.length));
    program.replaceChildren(
      el('thead', {}, el('tr', {}, ...chosen.threads.map((_, n) => el('th', { scope: 'col' }, 'thread ' + n)))),
      el('tbody', {}, ...Array.from({ length: rows }, (_, row) => el('tr', {}, ...chosen.threads.map((thread) =>
        el('td', {}, el('code', {}, thread[row] || '')))))));
    result.hidden = true;
    result.replaceChildren();
    ask(item);
  }

  /* The reader says first what they expect. */
  function ask(item) {
    const listed = chosen.candidates.length > 0;
    const choices = listed ? chosen.candidates : ['yes', 'no'];
    predict.replaceChildren(
      el('fieldset', {}, el('legend', {}, listed ? 'Everything starts at 0. Which of these does C allow?' :
        'Everything starts at 0. Can it end with ' + item.asks + '?'),
      ...choices.map((state) => el('label', {}, el('input', { type: listed ? 'checkbox' : 'radio', name: 'said', value: state }), ' ', el('code', {}, state)))),
      el('button', { type: 'submit' }, 'That is my prediction'));
  }

  function allowed(state) {
    return chosen.outcomes.some((one) => one.state === state);
  }

  function matches(state, asks) {
    const parts = state.split(' ');
    return asks.split(' ').every((part) => parts.includes(part));
  }

  function judged(item) {
    const said = new FormData(predict).getAll('said');
    const holds = chosen.outcomes.some((one) => matches(one.state, item.asks));
    if (!chosen.candidates.length) {
      if (!said.length) return 'Say yes or no first.';
      return (said[0] === 'yes') === holds ? 'You are right.' : 'It is the other way round.';
    }
    const missed = chosen.outcomes.filter((one) => !said.includes(one.state)).map((one) => one.state);
    const wrong = said.filter((state) => !allowed(state));
    if (!missed.length && !wrong.length) return 'You are right, in all of them.';
    return [wrong.length ? 'C forbids ' + wrong.join('; ') + '.' : '', missed.length ? 'C allows, and you did not say: ' + missed.join('; ') + '.' : ''].join(' ').trim();
  }

  predict.addEventListener('submit', (event) => {
    event.preventDefault();
    const item = HB.litmus.find((one) => one.name === shape.value);
    const verdict = judged(item);
    for (const note of predict.querySelectorAll('[role=alert]')) note.remove();
    if (verdict.startsWith('Say')) { predict.append(el('p', { role: 'alert' }, verdict)); return; }
    predict.querySelector('[type=submit]').disabled = true;
    show(item, verdict);
  });

  function show(item, verdict) {
    const holds = chosen.outcomes.some((one) => matches(one.state, item.asks));
    const answer = 'Can it end with ' + item.asks + '? ' + (holds ? 'C allows it.' : chosen.loads ?
      'RC11 forbids it (C17 as published does not).' : 'C forbids it.');
    result.hidden = false;
    result.replaceChildren(
      el('p', { className: 'verdict', role: 'status' }, verdict + ' ' + answer),
      table(item), ...(live ? [processor(item)] : [el('p', { className: 'note' }, 'make workbook shows here what your own processor does.')]),
      el('h2', {}, 'How each comes about'), key(),
      el('div', { className: 'graphs' }, ...chosen.outcomes.map((one) => el('figure', {}, el('figcaption', {}, el('code', {}, one.state),
        one.sc ? '' : one.tso ? ' — no interleaving gives it; x86 does' : ' — neither an interleaving nor x86 gives it'), draw(one.graph)))));
  }

  function table(item, seen) {
    const states = seen ? seen.outcomes : chosen.outcomes.map((one) => ({ ...one, rc11: true }));
    const most = seen ? Math.max(1, ...states.map((one) => one.seen)) : 1;
    const word = (yes) => el('td', { className: yes ? 'yes' : 'no' }, yes ? 'yes' : 'no');
    const rows = states.map((one) => {
      const bar = el('td', { className: 'right' });
      if (seen) {
        const stripe = el('span', { className: 'stripe' });
        stripe.style.setProperty('--share', Math.sqrt(one.seen / most));
        bar.append(one.seen ? one.seen.toLocaleString('en') : '–', stripe);
      }
      return el('tr', matches(one.state, item.asks) ? { className: 'asked' } : {}, el('th', { scope: 'row' }, el('code', {}, one.state)),
        ...(seen ? [bar] : []), word(one.rc11), word(one.tso), word(one.sc));
    });
    return el('div', { className: 'wide' }, el('table', { className: 'outcomes' },
      el('thead', {}, el('tr', {}, ...['outcome', ...(seen ? ['seen here (bars: square roots)'] : []), 'C (RC11)', 'x86-TSO', 'interleaved'].map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, ...rows)));
  }

  function processor(item) {
    const box = el('div', { className: 'processor' });
    const button = el('button', { type: 'button' }, 'Run it on this processor');
    const said = el('p', { role: 'status' });
    const asked = chosen;
    button.addEventListener('click', async () => {
      button.disabled = true;
      said.textContent = 'Running for three seconds …';
      try {
        const seen = await HB.ask('/litmus', { shape: item.name, order: asked.order, seconds: 3 });
        if (chosen !== asked) return;
        said.textContent = seen.runs.toLocaleString('en') + ' runs in ' + seen.seconds.toFixed(1) + ' s, on ' + seen.processors + ' processors (' + seen.architecture + ').';
        result.querySelector('.wide').replaceWith(table(item, seen));
        box.append(...seen.remarks.map((text) => el('p', {}, text)));
        button.remove();
      } catch (error) {
        said.textContent = error.message;
        button.disabled = false;
      }
    });
    box.append(button, said);
    return box;
  }

  /* ---- the graph of an execution: a column a thread, time runs down ---- */

  const WIDE = 150, HIGH = 64, TOP = 30, BOX = 104;

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function draw(graph) {
    const threads = Math.max(...graph.events.map(([thread]) => thread)) + 1;
    const initial = graph.events.filter(([thread]) => thread < 0).length;
    const columns = Math.max(threads, initial);
    const count = Array(threads).fill(0);
    let first = 0;
    const at = graph.events.map(([thread]) => (thread < 0 ?
      { x: (first++ + 0.5 + (columns - initial) / 2) * WIDE, y: TOP } :
      { x: (thread + 0.5 + (columns - threads) / 2) * WIDE, y: TOP + HIGH * ++count[thread] }));
    const height = TOP + HIGH * Math.max(...count) + 34;
    const words = graph.events.map(([thread, label]) => (thread < 0 ? label + ' initially' : 'thread ' + thread + ': ' + label));
    const told = Object.entries(EDGES).flatMap(([kind, text]) => graph[kind].map(([a, b]) => words[kind === 'rf' ? b : a] + ' ' + text + ' ' + words[kind === 'rf' ? a : b]));
    const picture = svg('svg', { viewBox: '0 0 ' + columns * WIDE + ' ' + height, role: 'img', class: 'graph' });
    picture.append(svg('title', {}, 'Execution: ' + told.join('; ')));
    graph.events.forEach(([thread], n) => {
      const next = graph.events.findIndex(([other], m) => m > n && other === thread);
      if (thread >= 0 && next > 0) picture.append(svg('path', { class: 'po', d: 'M' + at[n].x + ' ' + at[n].y + 'V' + at[next].y }));
    });
    for (const kind of ['mo', 'fr', 'rf', 'sw']) {
      for (const [a, b] of graph[kind]) picture.append(...arrow(at[a], at[b], kind));
    }
    graph.events.forEach(([thread, label], n) => {
      const { x, y } = at[n];
      picture.append(svg('rect', { class: thread < 0 ? 'begin' : 'event', x: x - BOX / 2, y: y - 13, width: BOX, height: 26, rx: 5 }),
        svg('text', { x, y: y + 4.5 }, label));
    });
    return picture;
  }

  /* From the edge of one box to the edge of the other, bent so that edges of two kinds do not meet. */
  function arrow(from, to, kind) {
    const bend = { mo: -26, fr: 30, rf: 12, sw: -12 }[kind];
    const down = to.y >= from.y ? 1 : -1;
    const level = to.y === from.y;
    const right = to.x >= from.x ? 1 : -1;
    const start = level ? { x: from.x + right * BOX / 2, y: from.y } : { x: from.x, y: from.y + down * 13 };
    const end = level ? { x: to.x - right * BOX / 2, y: to.y } : { x: to.x + (from.x - to.x) * 0.12, y: to.y - down * 14 };
    const middle = { x: (start.x + end.x) / 2 + (from.x === to.x ? bend * 2.6 : 0), y: (start.y + end.y) / 2 + (level ? bend : bend * 0.7) };
    const angle = Math.atan2(end.y - middle.y, end.x - middle.x);
    const tip = [-0.4, 0.4].map((turn) => (end.x - 9 * Math.cos(angle + turn)) + ' ' + (end.y - 9 * Math.sin(angle + turn)));
    return [
      svg('path', { class: 'edge ' + kind, d: 'M' + start.x + ' ' + start.y + 'Q' + middle.x + ' ' + middle.y + ' ' + end.x + ' ' + end.y }),
      svg('path', { class: 'tip ' + kind, d: 'M' + tip[0] + 'L' + end.x + ' ' + end.y + 'L' + tip[1] + 'z' }),
    ];
  }

  function key() {
    const words = { po: 'program order', rf: 'reads from', sw: 'synchronises with', mo: 'modification order', fr: 'reads what is overwritten by' };
    return el('ul', { className: 'key' }, ...Object.entries(words).map(([kind, text]) => {
      const line = svg('svg', { viewBox: '0 0 30 8', class: 'graph line', 'aria-hidden': 'true' }, svg('path', { class: kind === 'po' ? 'po' : 'edge ' + kind, d: 'M0 4H30' }));
      return el('li', {}, line, ' ' + text);
    }));
  }

  shape.addEventListener('change', pickShape);
  order.addEventListener('change', pick);

  /* What the address names, as far as it names something. */
  function pickNamed() {
    const [, name, wanted] = /^#(.+)\/(\w+)$/.exec(HB.unescaped(location.hash)) || [];
    if (HB.litmus.some((item) => item.name === name)) shape.value = name;
    pickShape();
    if ([...order.options].some((option) => option.value === wanted)) { order.value = wanted; pick(); }
  }

  addEventListener('hashchange', pickNamed);
  pickNamed();
})();
