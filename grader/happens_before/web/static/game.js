/* The adversary game: the reader chooses who runs next, and which store a load reads. */
'use strict';

(function game() {
  const el = HB.el;
  const place = document.getElementById('game');
  let socket = null;
  let level = null;
  let moment = null;
  let waiting = false;

  const menu = el('div', { className: 'levels' });
  const said = el('p', { className: 'said', role: 'status' });
  const question = el('section', { className: 'question', ariaLabel: 'Your move' });
  const stage = el('div', { className: 'stage' });
  const title = el('h2', {});
  const board = el('div', { hidden: true }, title, said, question, stage);
  let titles = new Map(); // what each level promises

  async function levels() {
    try {
      const { units } = await HB.ask('/levels');
      place.replaceChildren(menu, board);
      for (const found of units) {
        for (const item of found.levels) titles.set(found.unit + ' ' + item.number, item.promise);
      }
      menu.replaceChildren(...units.map(unit));
      if (level) return; // the menu alone, with its new records
      const [, path, number] = /^#(.+)\/(\d+)$/.exec(HB.unescaped(location.hash)) || [];
      if (path) begin(path, Number(number));
    } catch (error) {
      place.replaceChildren(el('p', { role: 'alert' }, error.message));
    }
  }

  function unit(found) {
    const open = found.levels.filter((item) => !item.locked);
    const locked = found.levels.length - open.length;
    const list = open.map((item) => {
      const button = el('button', { type: 'button' },
        el('strong', {}, item.number + '. ' + item.promise),
        el('small', {}, item.name.replaceAll('_', ' ') + ', ' + item.scenario.replaceAll('_', ' ') +
          (item.record ? ': broken in ' + item.record + ' choices' : '')));
      button.addEventListener('click', () => begin(found.unit, item.number));
      return el('li', {}, button);
    });
    const more = locked ? el('p', { className: 'note' }, locked + ' more open when you have passed the unit.') : null;
    return el('details', { open: Boolean(level) && level.path === found.unit }, el('summary', {}, found.title), el('ol', {}, ...list), more);
  }

  function begin(path, number) {
    level = { path, number };
    moment = null;
    history.replaceState(null, '', '#' + path + '/' + number);
    board.hidden = false;
    menu.hidden = true;
    title.textContent = titles.has(path + ' ' + number) ? 'Promised: ' + titles.get(path + ' ' + number) : 'There is no such level';
    tell('Building the level …');
    question.replaceChildren();
    stage.replaceChildren();
    send({ level: [path, number] });
  }

  function send(move) {
    if (waiting && !move.level) return;
    waiting = true;
    if (socket && socket.readyState === WebSocket.OPEN) { socket.send(JSON.stringify(move)); return; }
    if (!move.level) { lost(); return; }
    socket = new WebSocket('ws://' + location.host + '/play');
    socket.addEventListener('open', () => socket.send(JSON.stringify(move)));
    socket.addEventListener('message', (event) => heard(JSON.parse(event.data)));
    socket.addEventListener('close', lost);
  }

  function lost() {
    waiting = false;
    const again = el('button', { type: 'button' }, 'Begin this level again');
    again.addEventListener('click', () => begin(level.path, level.number));
    tell('The game is over: its server has closed it.');
    question.replaceChildren(again, another());
  }

  function another() {
    const button = el('button', { type: 'button' }, 'Another level');
    button.addEventListener('click', async () => {
      moment = null;
      board.hidden = true;
      menu.hidden = false;
      await levels();
      const first = menu.querySelector('details[open] > summary') || menu.querySelector('summary');
      if (first) first.focus();
    });
    return button;
  }

  function tell(text) {
    said.textContent = text;
  }

  function heard(message) {
    waiting = false;
    if (message.error || message.closed) {
      tell(message.error || message.closed);
      if (!moment || message.closed) question.replaceChildren(another());
      return;
    }
    moment = message.moment;
    show();
  }

  function show() {
    const fault = moment.won && moment.story && moment.story.fault;
    if (moment.won) won();
    else tell(moment.said || moment.question.text);
    if (fault) said.append(el('span', { className: 'fault' }, ' ' + fault.text[0].toUpperCase() + fault.text.slice(1) + '.'));
    const options = (moment.question ? moment.question.options : []).map(option);
    question.replaceChildren(
      el('div', { className: 'options' }, ...options),
      ...(moment.question ? moment.question.waiting : []).map((text) => el('p', { className: 'waits' }, text)),
      el('p', { className: 'moves' },
        move('Take back', { undo: 1 }, 'u', moment.choices === 0), move('Begin again', { restart: true }, 'r', moment.choices === 0),
        another(), el('span', {}, moment.choices + (moment.choices === 1 ? ' choice' : ' choices'))));
    stage.replaceChildren();
    if (moment.story) {
      const inside = el('div', {});
      stage.append(inside);
      HB.player(inside, moment.story, { at: 'end' });
    }
    const first = question.querySelector('button:not(:disabled)');
    if (first) first.focus({ preventScroll: true });
  }

  function won() {
    const best = moment.record;
    const compared = best === null ? '' : moment.choices < best ? ', a new record' : '; the record is ' + best;
    tell('Broken in ' + moment.choices + ' choices' + compared + '. ' + moment.shows[0].toUpperCase() + moment.shows.slice(1) + '.');
  }

  function option(item) {
    const thread = moment.question.kind === 'thread' ? ' hb-t' + (item.number % 6) : '';
    const button = el('button', { type: 'button', className: 'option' + thread },
      el('kbd', {}, String(item.number)), el('span', { className: 'what' }, item.text),
      ...(item.source ? [el('code', {}, item.line + ': ' + item.source.trim())] : []));
    button.dataset.number = item.number;
    button.addEventListener('click', () => send({ answer: item.number }));
    return button;
  }

  function move(text, what, key, disabled) {
    const button = el('button', { type: 'button', disabled }, text + ' ', el('kbd', {}, key));
    button.addEventListener('click', () => send(what));
    return button;
  }

  document.addEventListener('keydown', (event) => {
    if (!moment || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('input, textarea, select, dialog, .hb-player')) return;
    const options = moment.question ? moment.question.options : [];
    if (options.some((item) => String(item.number) === event.key)) send({ answer: Number(event.key) });
    else if (event.key === 'u' && moment.choices) send({ undo: 1 });
    else if (event.key === 'r' && moment.choices) send({ restart: true });
  });

  addEventListener('pagehide', () => { if (socket) socket.close(); });
  levels();
})();
