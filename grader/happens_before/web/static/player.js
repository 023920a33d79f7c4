/* The trace player: one execution, step by step, from a story (grader/schema/story.schema.json).
 *
 *   HB.player(element, story, {at: 'start' | 'end' | k})   puts a player into the element
 *   .hb-player > script[type="application/json"]          the element becomes one when it comes near
 *   [data-focus] around one                               its buttons, and so its keys, have the focus
 *
 * What stands in the element before is what readers without scripts have. All that came from a
 * story is put in as text. A position k is how many steps have been taken, from 0.
 */
window.HB = window.HB || {};
(function (HB) {
  'use strict';
  const SCHEMA = 'happens-before/story/1';
  const SVG = 'http://www.w3.org/2000/svg';
  const KEY_FRAME = 64; // steps between boards that are kept whole
  const CHUNK = 50; // rows that are made at a time
  const GUESSED_PX = 64; // the height of a row that is not made yet
  const OLDEST = 2, NEWEST = 4; // of the stores that a thread may read
  const MOST_ARROWS = 60; // at a time
  const PACE_MS = 1100;
  const ASIDE_PX = 12; // between the step's column and the edge of what is in sight
  const COMMENT = /\s*(\/\*[^*]*(\*\/)?|\/\/.*)$/; // at the end of a line; the source beside has it
  let made = 0;

  /* --- making elements ------------------------------------------------------------------------ */

  function make(tag, name, ...children) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.append(...children.filter((child) => child !== '' && child !== null));
    return element;
  }

  function draw(tag, attributes, text) {
    const element = document.createElementNS(SVG, tag);
    for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]);
    if (text) element.textContent = text;
    return element;
  }

  const colour = (thread) => 'hb-t' + (thread < 1 ? 0 : 1 + ((thread - 1) % 5));
  const base = (file) => file.slice(file.lastIndexOf('/') + 1);
  const counted = (n, thing) => n + ' ' + thing + (n === 1 ? '' : 's');
  const told = (text) => text.replaceAll(' -> ', ' → '); // no line is broken within an arrow

  /* What a step did, with the memory order and the source of its value set apart. */
  function deed(text) {
    const parts = /^(.*?)(?: \[([^[\]]*)\](.*))?$/s.exec(told(text));
    return [parts[1] + (parts[3] || ''), parts[2] ? ' ' : '', parts[2] ? make('small', '', parts[2]) : null];
  }

  /* --- the board: the story's changes, folded -------------------------------------------------- */

  const PARTS = ['values', 'holders', 'threads', 'floors', 'buffers'];

  function fold(board, changes) {
    for (const part of PARTS)
      for (const row of (changes || {})[part] || []) {
        const long = part === 'floors';
        board[part].set(long ? row[0] + ' ' + row[1] : row[0],
          long ? row[2] : part === 'threads' ? row.slice(1) : row[1]);
      }
    return board;
  }

  const copy = (board) => Object.fromEntries(PARTS.map((part) => [part, new Map(board[part])]));

  function boards(story) {
    const frames = [fold(copy({}), story.start)];
    return function at(k) {
      let frame = Math.floor(k / KEY_FRAME);
      for (let next = frames.length; next <= frame; next++) {
        const board = copy(frames[next - 1]);
        for (let i = (next - 1) * KEY_FRAME; i < next * KEY_FRAME; i++)
          fold(board, story.steps[i].changes);
        frames.push(board);
      }
      const board = copy(frames[frame]);
      for (let i = frame * KEY_FRAME; i < k; i++) fold(board, story.steps[i].changes);
      return board;
    };
  }

  /* --- the columns ------------------------------------------------------------------------------ */

  function heads(story) {
    const row = make('div', 'hb-heads', make('span', 'hb-n', '#'));
    const states = new Map(), cells = new Map();
    for (const thread of story.threads) {
      const state = make('span', 'hb-state');
      const cell = make('div', 'hb-head ' + colour(thread.number), make('b', '', thread.name), state);
      row.append(cell);
      states.set(thread.number, state);
      cells.set(thread.number, cell);
    }
    return [row, states, cells];
  }

  function whereabouts(place, before, functions) {
    const parts = [];
    if (!place.file) return parts;
    const where = (place.function || '?') + ', ' + base(place.file);
    const moved = functions.get(place.thread) !== where;
    if (moved) parts.push(make('span', 'hb-where', where));
    functions.set(place.thread, where);
    const same = before && before.thread === place.thread && before.line === place.line;
    if (place.text !== null && (moved || !same))
      parts.push(make('code', 'hb-line', make('span', 'hb-ln', String(place.line)), '\u00a0' + place.text));
    return parts;
  }

  function textAt(story, file, line) {
    const text = (story.sources[file] || {})[String(line)];
    return text === undefined ? '' : text.replace(COMMENT, '').trim();
  }

  function row(story, place, n, column, classes, functions, before, what) {
    const text = place.line ? textAt(story, place.file, place.line) : null;
    const who = make('span', 'hb-who', story.names.get(place.thread) || '');
    const where = whereabouts({...place, text}, before, functions);
    const cell = make('div', 'hb-cell', who, ...where, what);
    return make('li', classes + ' hb-c' + column + ' ' + colour(place.thread),
      make('span', 'hb-n', n), cell);
  }

  /* The row of step i; behind the last step, that of the fault. */
  function rowOf(story, i, functions) {
    const step = story.steps[i], before = story.steps[i - 1];
    if (!step) {
      const what = make('strong', 'hb-deed', '✗ ' + story.fault.kind);
      const broken = {...story.fault, thread: story.threadAt(i)};
      return row(story, broken, '', story.column.get(broken.thread), 'hb-step hb-broken', functions, before, what);
    }
    if (step.left_out) {
      functions.clear();
      return make('li', 'hb-step hb-gap', make('span', 'hb-n', '…'), make('em', '', step.text));
    }
    const kinds = (before && before.thread !== step.thread ? ' hb-switch' : '') + (step.stale ? ' hb-stale' : '');
    const what = make('span', 'hb-deed', ...deed(step.text));
    return row(story, step, String(step.n), story.column.get(step.thread), 'hb-step' + kinds, functions, before, what);
  }

  /* All rows, in lists of CHUNK that are filled when somebody looks: thousands cost nothing. */
  function columns(story) {
    const length = story.steps.length + (story.fault ? 1 : 0);
    const rows = new Array(length), lists = [], stage = make('div', 'hb-stage');
    for (let from = 0; from < length; from += CHUNK) {
      const list = make('ol', 'hb-steps');
      list.start = from + 1;
      list.style.minHeight = Math.min(CHUNK, length - from) * GUESSED_PX + 'px';
      lists.push(list);
    }
    stage.append(...lists);
    function fill(at, k) {
      if (at < 0 || at >= lists.length || lists[at].children.length) return false;
      const functions = new Map(), from = at * CHUNK;
      for (let i = from; i < Math.min(from + CHUNK, length); i++) {
        rows[i] = rowOf(story, i, functions);
        rows[i].classList.toggle('hb-done', i < k || (i === k && i === story.steps.length));
      }
      lists[at].append(...rows.slice(from, from + CHUNK));
      lists[at].style.minHeight = '';
      return true;
    }
    return {stage, lists, rows, fill};
  }

  /* --- arrows ------------------------------------------------------------------------------------ */

  function arrowsOf(story) {
    const index = new Map();
    story.steps.forEach((step, i) => { if (!step.left_out) index.set(step.n, i); });
    const all = [];
    const add = (from, to, kind, label) => {
      if (index.has(from) && index.has(to))
        all.push({from: index.get(from), to: index.get(to), kind, label});
    };
    for (const edge of story.edges) add(edge.from, edge.to, edge.kind, edge.label);
    for (const arrow of story.fault ? story.fault.arrows : [])
      add(arrow.from, arrow.to, 'fault', arrow.kind);
    return [all, index];
  }

  function markers(svg, id) {
    const defs = draw('defs', {});
    for (const kind of ['orders', 'wakes', 'reads', 'fault']) {
      const marker = draw('marker', {id: id + kind, viewBox: '0 0 8 8', refX: 7, refY: 4,
        markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse', class: 'hb-' + kind});
      marker.append(draw('path', {d: 'M0 0L8 4L0 8Z'}));
      defs.append(marker);
    }
    svg.append(defs);
  }

  /* From the side of one cell to the side of the other, or along the margin of one thread. */
  function curve(a, b) {
    const right = b.left > a.left;
    const same = a.left === b.left;
    const x1 = right ? a.right : a.left, x2 = same ? b.left : right ? b.left : b.right;
    const y1 = a.middle, y2 = b.middle;
    const bend = same ? -22 : Math.max(18, Math.abs(x2 - x1) / 2) * (right ? 1 : -1);
    return {d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 + (same ? bend : -bend)} ${y2} ${x2} ${y2}`,
      x: x2 + (right || same ? -10 : 10), y: y2 - 9, 'text-anchor': right || same ? 'end' : 'start'};
  }

  /* --- the tables beside the columns ---------------------------------------------------------------- */

  function table(caption, heads, rows) {
    const body = rows.map((cells) => make('tr', '', ...cells));
    const head = make('tr', '', ...heads.map(function (text) {
      const cell = make('th', '', text);
      cell.scope = 'col';
      return cell;
    }));
    return make('table', '', make('caption', '', caption), make('thead', '', head), make('tbody', '', ...body));
  }

  function named(text) {
    const cell = make('th', 'hb-name', make('code', '', text));
    cell.scope = 'row';
    return cell;
  }

  /* The stores of a location that a thread may read: performed, and not hidden by what it knows. */
  function visible(story, board, thread, at, now) {
    const floor = board.floors.get(thread + ' ' + at) || 0;
    return story.locations[at].stores.slice(floor).filter((store) => store[0] <= now);
  }

  /* Their values, the newest last and told apart; of many, some of the oldest and of the newest. */
  function seen(story, board, thread, at, now) {
    const [status] = board.threads.get(thread) || ['not started'];
    if (status === 'not started' || status === 'ended') return make('td', 'hb-none', '·');
    const stores = visible(story, board, thread, at, now);
    const left_out = stores.length - OLDEST - NEWEST;
    const cell = make('td', stores.length > 1 ? 'hb-choice' : '');
    stores.forEach(function (store, i) {
      if (left_out > 0 && i >= OLDEST && i < OLDEST + left_out) {
        if (i === OLDEST) cell.append(', … ' + left_out + ' more …');
        return;
      }
      const value = store[1] === null ? '?' : store[1];
      cell.append(i ? ', ' : '', make(i === stores.length - 1 ? 'b' : 'i', '', value));
    });
    if (!stores.length) cell.append('?');
    return cell;
  }

  function memory(story, board, before, now, touched) {
    const weak = story.model === 'rc11' && story.locations.some((location) => location.kind === 'atomic');
    const threads = weak ? story.threads.filter((thread) => thread.number > 0 || story.threads.length < 3) : [];
    const rows = [];
    story.locations.forEach(function (location, at) {
      if (location.kind === 'lock') return;
      const value = board.values.get(at);
      const cell = make('td', 'hb-value', value === undefined ? '?' : value);
      if (before && before.values.get(at) !== value) cell.classList.add('hb-new');
      const name = named(location.name);
      if (touched === at) name.classList.add('hb-touched');
      rows.push([name, cell, ...threads.map((thread) => location.kind === 'atomic'
        ? seen(story, board, thread.number, at, now) : make('td', 'hb-none', ''))]);
    });
    if (!rows.length) return null;
    const heads = ['', 'newest', ...threads.map((thread) => 'T' + thread.number)];
    if (!threads.length) heads[1] = 'value';
    return table(threads.length ? 'Memory, and what a load of each thread may read' : 'Memory', heads, rows);
  }

  function buffers(story, board, index) {
    if (story.model !== 'tso') return null;
    const rows = story.threads.map(function (thread) {
      const cell = make('td', '');
      const steps = board.buffers.get(thread.number) || [];
      steps.forEach(function (n, i) {
        const step = story.steps[index.get(n)];
        if (!step) return;
        cell.append(i ? ', ' : '', make('code', '', told(step.text).replace(/ \[.*$/, '')),
          make('small', '', ' step ' + n));
      });
      if (!steps.length) cell.append(make('span', 'hb-none', 'empty'));
      else cell.classList.add('hb-choice');
      return [named(thread.name), cell];
    });
    return table('Store buffers', ['', 'not yet in memory, oldest first'], rows);
  }

  function locks(story, board) {
    const rows = [];
    story.locations.forEach(function (location, at) {
      if (location.kind !== 'lock') return;
      const holders = board.holders.get(at) || [];
      const waiting = story.threads.filter(function (thread) {
        const [status, why] = board.threads.get(thread.number) || [];
        return status === 'waits' && why.includes('(' + location.name + ')');
      });
      const list = (threads) => threads.map((n) => 'thread ' + n).join(', ');
      const asked = list(waiting.map((thread) => thread.number));
      rows.push([named(location.name),
        make('td', holders.length ? 'hb-held' : 'hb-none', list(holders) || 'free'),
        make('td', asked ? 'hb-choice' : 'hb-none', asked || '·')]);
    });
    return rows.length ? table('Locks', ['', 'held by', 'waited for by'], rows) : null;
  }

  const AROUND = 4;

  function code(story, place) {
    if (!place || !place.file || !place.line) return null;
    const lines = [];
    for (let n = place.line - AROUND; n <= place.line + AROUND; n++) {
      const text = (story.sources[place.file] || {})[String(n)];
      if (text === undefined) continue;
      const line = make('span', n === place.line ? 'hb-here' : '', make('span', 'hb-ln', String(n)), ' ' + text + '\n');
      lines.push(line);
    }
    const box = make('pre', '', ...lines);
    box.tabIndex = 0;
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', 'Source');
    return make('div', 'hb-code ' + colour(place.thread),
      make('p', 'hb-cap', (place.function ? place.function + ', ' : '') + place.file), box);
  }

  /* --- what went wrong ------------------------------------------------------------------------------- */

  function verdict(story) {
    const fault = story.fault;
    if (!fault) return null;
    const box = make('div', 'hb-verdict', make('p', 'hb-wrong', '✗ ' + sentence(fault.text)));
    const list = make('ul', '');
    for (const arrow of fault.arrows)
      if (arrow.kind !== 'held') list.append(make('li', 'hb-arrow', make('b', '', CALLED[arrow.kind] || arrow.kind), ' ' + arrow.text));
    for (const wait of fault.waiting) {
      const where = wait.line ? ', at ' + wait.function + ', ' + base(wait.file) + ':' + wait.line : '';
      list.append(make('li', '', 'Thread ' + wait.thread + ' ' + wait.text + where + '.'));
    }
    if (list.children.length) box.append(list);
    if (fault.history.length) box.append(make('pre', '', fault.history.join('\n')));
    if (story.replay) {
      const again = make('details', '', make('summary', '', 'Run exactly this again'));
      again.append(make('pre', '', story.replay));
      box.append(again);
    }
    for (const pre of box.querySelectorAll('pre')) pre.tabIndex = 0;
    return box;
  }

  const CALLED = {'missing': 'The missing edge.', 'no edge': 'What could have made it.',
    'old value': 'What it did not see.', 'freed': 'Freed here.', 'lost wake': 'The lost wake.'}; // who holds a lock stands with who waits for it
  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');

  /* --- the player -------------------------------------------------------------------------------------- */

  const KEYS = {ArrowRight: 'next', ArrowDown: 'next', ArrowLeft: 'back', ArrowUp: 'back',
    Home: 'first', End: 'last', ' ': 'play', n: 'turn', p: 'turnBack', f: 'fault'};
  const BUTTONS = [['first', 'First step (Home)'], ['back', 'Step back (left arrow)'], ['play', 'Play (space)'],
    ['next', 'Step (right arrow)'], ['turn', 'Next change of thread (n)'], ['fault', 'To the fault (f)']];
  const SIGNS = {first: 'M3 2h2v12H3zM13 2v12L6 8z', back: 'M12 2v12L4 8z', play: 'M4 2l9 6-9 6z',
    pause: 'M3 2h4v12H3zM9 2h4v12H9z', next: 'M3 2l7 6-7 6zM11 2h2v12h-2z',
    turn: 'M5 1l-4 4 4 4V6h8V4H5zM11 7v3H3v2h8v3l4-4z', fault: 'M3 1L1 3l5 5-5 5 2 2 5-5 5 5 2-2-5-5 5-5-2-2-5 5z'};
  const WORDS = {first: 'start', back: 'back', play: 'play', next: 'step', turn: 'next switch', fault: 'to the fault'};

  function refuse(element, story) {
    const version = story && typeof story.schema === 'string' && story.schema.startsWith('happens-before/story/')
      ? 'This trace is of version ' + story.schema.split('/')[2] + ', and this player shows version 1. '
      : 'This is no trace that this player knows. ';
    const note = make('p', 'hb-refused', version + 'Check the unit again, which writes a new one.');
    note.setAttribute('role', 'alert');
    element.classList.add('hb-player');
    element.prepend(note);
    return null;
  }

  /* What is looked up again and again. */
  function prepare(story) {
    const numbers = story.threads.map((thread) => thread.number);
    story.names = new Map(story.threads.map((thread) => [thread.number, thread.name]));
    story.column = new Map(numbers.map((number, at) => [number, at]));
    story.threadAt = (i) => story.steps[i] ? story.steps[i].thread
      : story.column.has(story.fault.thread) ? story.fault.thread : numbers[0];
    story.learnt = new Map();
    for (const edge of story.edges)
      if (edge.kind === 'orders') story.learnt.set(edge.to, [...(story.learnt.get(edge.to) || []), edge]);
  }

  HB.player = function (element, story, options) {
    if (!story || story.schema !== SCHEMA) return refuse(element, story);
    if (element.hbEnd) element.hbEnd(); // the player that was here before
    prepare(story);
    const listening = new AbortController(), {signal} = listening;
    const id = 'hb' + ++made;
    const last = story.steps.length;
    const boardAt = boards(story);
    const [header, states, cells] = heads(story);
    const {stage, lists, rows, fill} = columns(story);
    const [arrows, index] = arrowsOf(story);
    let k = -1, timer = 0, frame = 0;

    /* the frame of it */
    const bar = make('div', 'hb-bar');
    bar.setAttribute('role', 'toolbar');
    bar.setAttribute('aria-label', 'Step through the execution');
    const buttons = {};
    for (const [name, title] of BUTTONS) {
      if (name === 'fault' && !story.fault) continue;
      const icon = draw('svg', {class: 'hb-sign', viewBox: '0 0 16 16', 'aria-hidden': 'true'});
      icon.append(draw('path', {d: SIGNS[name]}));
      const button = buttons[name] = make('button', 'hb-' + name, icon, make('span', 'hb-word', WORDS[name]));
      button.type = 'button';
      button.title = title;
      button.setAttribute('aria-label', title.replace(/ \(.*/, ''));
      button.addEventListener('click', () => act[name]());
      bar.append(button);
    }
    const slider = make('input', 'hb-slider');
    Object.assign(slider, {type: 'range', min: 0, max: last, value: 0});
    slider.setAttribute('aria-label', 'Step');
    slider.addEventListener('input', () => { stop(); go(Number(slider.value)); });
    const count = make('span', 'hb-count');
    bar.append(slider, count);

    const say = make('p', 'hb-say');
    say.setAttribute('role', 'status');
    say.setAttribute('aria-live', 'polite');
    const svg = draw('svg', {class: 'hb-arrows', 'aria-hidden': 'true'});
    markers(svg, id);
    const drawn = draw('g', {});
    svg.append(drawn);
    stage.append(svg);
    const scroller = make('div', 'hb-scroll', header, stage);
    scroller.tabIndex = 0;
    scroller.setAttribute('role', 'region');
    scroller.setAttribute('aria-label', 'The steps, one column for each thread');
    const side = make('div', 'hb-side');
    const body = make('div', 'hb-body', scroller, side);
    const title = make('p', 'hb-title', make('b', '', story.title),
      story.promise ? make('span', 'hb-promise', 'Promised: ' + story.promise) : null);
    const end = verdict(story);
    for (const name of [...element.classList]) if (/^hb-n\d/.test(name)) element.classList.remove(name);
    element.classList.add('hb-player', 'hb-live', 'hb-n' + Math.min(story.threads.length, 16));
    element.replaceChildren(...[title, bar, say, body, end].filter(Boolean));

    /* what moves */
    function stop() {
      if (!timer) return;
      clearInterval(timer);
      timer = 0;
      showPlay();
    }
    function showPlay() {
      buttons.play.classList.toggle('hb-on', Boolean(timer));
      buttons.play.querySelector('path').setAttribute('d', timer ? SIGNS.pause : SIGNS.play);
      buttons.play.lastChild.textContent = timer ? 'pause' : 'play';
      buttons.play.title = timer ? 'Pause (space)' : 'Play (space)';
      buttons.play.setAttribute('aria-label', timer ? 'Pause' : 'Play');
    }
    function turn(direction) {
      let at = k;
      do at += direction;
      while (at > 0 && at < last && story.steps[at - 1].thread === story.steps[at].thread);
      return at;
    }
    const jump = (to) => { stop(); go(to); };
    const faultAt = () => {
      const at = story.fault ? index.get(story.fault.step) : undefined;
      return at === undefined ? last : at + 1;
    };
    const act = {
      first: () => jump(0), last: () => jump(last), next: () => jump(k + 1), back: () => jump(k - 1),
      turn: () => jump(turn(1)), turnBack: () => jump(turn(-1)), fault: () => jump(faultAt()),
      play: () => {
        if (timer) return stop();
        if (k === last) go(0);
        timer = setInterval(() => { if (k < last) go(k + 1); if (k === last) stop(); }, PACE_MS);
        showPlay();
      },
    };

    function stepsShown() {
      const every = last ? story.steps[last - 1].n : 0, some = every === last ? '' : ', of which ' + last + ' are shown';
      return counted(every, 'step') + some;
    }
    function words(step, board) {
      if (!step) return counted(story.threads.length, 'thread') + ', ' + stepsShown() + '. Nothing has happened yet.';
      if (step.left_out) return sentence(step.text);
      const place = step.file ? ', ' + (step.function ? step.function + ', ' : '') + base(step.file) + ' line ' + step.line : '';
      const after = (story.learnt.get(step.n) || [])
        .map((edge) => ' It happens after step ' + edge.from + ': ' + edge.label + '.');
      const [status, why] = board.threads.get(step.thread) || [];
      const waits = status === 'waits' ? ' Thread ' + step.thread + ' now ' + why + '.' : '';
      return 'Step ' + step.n + ', ' + story.names.get(step.thread) + place + ': ' + told(step.text) + '.' + after.join('') + waits;
    }

    function go(to) {
      to = Math.max(0, Math.min(last, to));
      if (to === k) return;
      const before = k >= 0 && Math.abs(to - k) === 1 ? boardAt(k) : null;
      const chunk = Math.floor(Math.max(to - 1, 0) / CHUNK);
      for (const near of [chunk - 1, chunk, chunk + 1]) fill(near, k);
      mark(to);
      k = to;
      const step = story.steps[k - 1];
      const board = boardAt(k);
      const now = step ? step.n : 0;
      const ends = k === last && story.fault;
      say.replaceChildren(words(step, board));
      if (ends) say.append(make('strong', 'hb-wrong', ' ✗ ' + sentence(story.fault.text)));
      for (const [thread, element] of states) {
        const [status, why] = board.threads.get(thread) || ['not started', ''];
        element.textContent = status === 'waits' ? why : status;
        element.className = 'hb-state hb-' + status.replace(' ', '-');
        cells.get(thread).classList.toggle('hb-acting', Boolean(step) && step.thread === thread);
      }
      side.replaceChildren(...[memory(story, board, before, now, step ? step.location : undefined),
        buffers(story, board, index), locks(story, board), code(story, step)].filter(Boolean));
      slider.value = k;
      slider.setAttribute('aria-valuetext', step ? 'step ' + step.n : 'before the first step');
      count.textContent = now + ' / ' + (last && story.steps[last - 1].n);
      for (const [name, idle] of [['first', k === 0], ['back', k === 0], ['next', k === last], ['turn', k === last]])
        buttons[name].setAttribute('aria-disabled', idle); // it keeps the focus, and so the keys
      if (end) end.classList.toggle('hb-shown', k === last);
      follow();
      trace();
    }

    /* Rows that have been, the one that is, and those to come. */
    function mark(to) {
      const old = rows[k - 1];
      if (old) old.classList.remove('hb-now');
      if (old) old.removeAttribute('aria-current');
      for (let i = Math.max(Math.min(k, to), 0); i < Math.max(k, to); i++)
        if (rows[i]) rows[i].classList.toggle('hb-done', i < to);
      if (rows[last]) rows[last].classList.toggle('hb-done', to === last);
      const row = rows[to - 1];
      if (row) row.classList.add('hb-now');
      if (row) row.setAttribute('aria-current', 'step');
    }

    /* Keep the present row in sight, and its column, without moving the page. */
    function follow() {
      const i = k === last && rows[last] ? last : Math.max(k - 1, 0), row = rows[i];
      if (!row) return;
      if (scroller.scrollHeight > scroller.clientHeight + 1) {
        const top = stage.offsetTop + row.parentNode.offsetTop + row.offsetTop, seen = scroller.scrollTop + header.offsetHeight;
        const room = scroller.clientHeight - header.offsetHeight;
        if (top < seen + room * 0.15 || top + row.offsetHeight > seen + room * 0.8)
          scroller.scrollTop = top - header.offsetHeight - room * 0.45;
      }
      if (scroller.scrollWidth > scroller.clientWidth + 1) followAside(i);
    }

    /* Beside the step's own column that of the step it reads from or comes after, where both fit. */
    function followAside(i) {
      const own = cells.get(story.threadAt(i)), step = story.steps[i] || {};
      const margin = header.firstChild.offsetWidth + ASIDE_PX, room = scroller.clientWidth - margin - ASIDE_PX;
      let left = own.offsetLeft, right = left + own.offsetWidth;
      const sources = [step.from, ...(story.learnt.get(step.n) || []).map((edge) => edge.from)];
      for (const source of sources.filter((n) => index.has(n))) {
        const cell = cells.get(story.threadAt(index.get(source)));
        const wider = [Math.min(left, cell.offsetLeft), Math.max(right, cell.offsetLeft + cell.offsetWidth)];
        if (wider[1] - wider[0] <= room) [left, right] = wider;
      }
      if (left < scroller.scrollLeft + margin) scroller.scrollLeft = left - margin;
      else if (right > scroller.scrollLeft + margin + room) scroller.scrollLeft = right - margin - room;
    }

    /* --- the arrows in sight --- */
    function boxOf(i) {
      const row = rows[i], list = lists[Math.floor(i / CHUNK)], cell = cells.get(story.threadAt(i));
      const within = row ? row.offsetTop : list.offsetHeight * ((i % CHUNK) / CHUNK);
      const top = list.offsetTop + within;
      const left = cell.offsetLeft, right = left + cell.offsetWidth;
      return {left, right, top, middle: top + Math.min((row ? row.offsetHeight : GUESSED_PX) / 2, 36)};
    }

    /* The first row and the one behind the last in the lists that are in sight, which are filled. */
    function inSight() {
      const low = scroller.scrollTop - stage.offsetTop, high = low + scroller.clientHeight;
      const seen = [];
      lists.forEach(function (list, at) {
        if (list.offsetTop < high && list.offsetTop + list.offsetHeight > low) seen.push(at);
      });
      for (const at of seen) fill(at, k);
      return {low: low - 300, high: high + 300, first: (seen[0] || 0) * CHUNK, behind: ((seen.pop() || 0) + 1) * CHUNK};
    }

    function trace() {
      if (!frame) frame = requestAnimationFrame(drawArrows);
    }

    function drawArrows() {
      frame = 0;
      const sight = inSight(), step = story.steps[k - 1];
      if (getComputedStyle(svg).display === 'none') return;
      const wanted = arrows.filter((arrow) => arrow.kind === 'fault'
        ? arrow.to < k && k === last
        : arrow.to < k && arrow.to >= sight.first && arrow.to < sight.behind);
      const source = step && step.from ? index.get(step.from) : undefined;
      if (source !== undefined && story.steps[source].thread !== step.thread)
        wanted.push({from: source, to: k - 1, kind: 'reads', label: ''});
      const parts = [];
      for (const arrow of wanted.reverse()) {
        if (parts.length >= MOST_ARROWS) break;
        const a = boxOf(arrow.from), b = boxOf(arrow.to);
        if (a.top > sight.high || b.top < sight.low) continue;
        const {d, ...place} = curve(a, b);
        const name = 'hb-' + arrow.kind + (arrow.to === k - 1 || arrow.kind === 'fault' ? ' hb-strong' : '');
        parts.push(draw('path', {d, class: name, 'marker-end': `url(#${id}${arrow.kind})`}));
        if (arrow.label && name.endsWith('hb-strong'))
          parts.push(draw('text', {...place, class: name}, arrow.label));
      }
      drawn.replaceChildren(...parts);
    }

    element.addEventListener('keydown', function (event) {
      const name = KEYS[event.key];
      if (!name || event.altKey || event.ctrlKey || event.metaKey) return;
      const tag = event.target.tagName;
      if (tag === 'SUMMARY' || tag === 'PRE' || (tag === 'BUTTON' && event.key === ' ')) return;
      if (name === 'fault' && !story.fault) return;
      event.preventDefault();
      act[name]();
    }, {signal});
    stage.addEventListener('click', function (event) {
      const at = rows.indexOf(event.target.closest('li') || 0);
      if (at >= 0 && !String(getSelection())) jump(Math.min(at + 1, last));
    });
    scroller.addEventListener('scroll', trace, {passive: true});
    const resized = new ResizeObserver(trace);
    resized.observe(stage);
    window.addEventListener('beforeprint', function () {
      if (element.isConnected) lists.forEach((list, at) => fill(at, k));
      else element.hbEnd();
    }, {signal});
    element.hbEnd = function () {
      stop();
      resized.disconnect();
      listening.abort();
    };
    const at = options && options.at;
    go(at === 'end' ? last : typeof at === 'number' ? at : 0);
    return {element, story, go: jump, at: () => k, last, stop};
  };

  /* --- players that stand in the page ------------------------------------------------------------------- */

  function begin(element) {
    const source = element.querySelector(':scope > script[type="application/json"]');
    if (!source) return;
    let story = null;
    try {
      story = JSON.parse(source.textContent);
    } catch (error) { /* refused below, as no story */ }
    HB.player(element, story);
    const step = element.closest('[data-focus]') && element.querySelector('.hb-next');
    if (step) step.focus({preventScroll: true});
  }

  function awake() {
    const found = document.querySelectorAll('.hb-player:not(.hb-live)');
    if (!window.IntersectionObserver) return found.forEach(begin);
    const near = new IntersectionObserver(function (entries) {
      for (const entry of entries)
        if (entry.isIntersecting) {
          near.unobserve(entry.target);
          begin(entry.target);
        }
    }, {rootMargin: '600px'});
    found.forEach((element) => near.observe(element));
  }
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', awake);
  else awake();
})(window.HB);
