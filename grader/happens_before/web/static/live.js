/* The live state of the reader's own code, beside the text. The server tells by server-sent events;
   each message is a whole state, so that one that was missed is not missed. */
'use strict';

(function live() {
  const el = HB.el;
  const unit = document.body.dataset.unit || '';
  const panel = document.getElementById('live');
  const connection = document.getElementById('connection');
  const RETRY_MS = 2000;
  const GONE = 'Not connected: is `make workbook` still running?';
  const JUDGES = { build: 'compiling', tests: 'running the tests', tsan: 'ThreadSanitizer',
    helgrind: 'Helgrind', memcheck: 'Memcheck', explore: 'exploring every schedule' };

  let source = null;
  let opened = null; // which failures the reader has opened or closed, by name
  const hints = new Map(); // what was told, by check
  let state = null;
  let shown = null; // the trace over the page, and the check that it is of

  /* ---- the stream ---- */

  function connect() {
    if (source || document.hidden) return;
    source = new EventSource('/events' + (unit ? '?unit=' + encodeURIComponent(unit) : ''));
    source.addEventListener('open', () => say(''));
    source.addEventListener('unit', (event) => { state = JSON.parse(event.data); show(); age(); });
    source.addEventListener('course', (event) => course(JSON.parse(event.data)));
    source.addEventListener('error', () => {
      say(GONE);
      if (source && source.readyState === EventSource.CLOSED) {
        disconnect();
        setTimeout(connect, RETRY_MS);
      }
    });
  }

  /* A page that nobody sees holds no connection; browsers have few for one server. */
  function disconnect() {
    if (source) source.close();
    source = null;
  }

  function say(text) {
    connection.textContent = text;
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', connect);
  addEventListener('online', connect);

  HB.ask = async function (path, body) {
    const asked = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const answer = await fetch(path, asked).catch(() => { throw new Error(GONE); });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.error || 'The server said ' + answer.status + '.');
    return said;
  };

  /* ---- the course's map ---- */

  function course(map) {
    for (const element of document.querySelectorAll('[data-unit]')) {
      const known = map.units[element.dataset.unit];
      if (!known || !known.begun || element === document.body) continue;
      const share = known.of ? known.points / known.of : 0;
      element.classList.toggle('finished', known.step === 0);
      let bar = element.querySelector('.share');
      if (!bar) element.append(bar = el('span', { className: 'share' }));
      bar.style.setProperty('--share', share);
      bar.title = known.points + ' of ' + known.of + ' points';
      bar.setAttribute('role', 'img');
      bar.setAttribute('aria-label', known.step ? bar.title : 'done');
    }
    const next = document.getElementById('next');
    if (!next) return;
    if (!map.next) { next.textContent = 'Every unit here is done.'; return; }
    next.replaceChildren('Next: step ' + map.next.step + ' of ' + map.next.steps + ' of ',
      el('a', { href: HB.top + map.next.unit + '/index.html' }, map.next.title), ', ' + map.next.says + '. Edit ',
      el('code', {}, map.next.file), '; each save is checked here.');
  }

  /* ---- the unit's state ---- */

  function show() {
    if (!panel) return;
    const held = held_focus();
    panel.replaceChildren(heading(), ...steps(), ...trouble(), ...messages(), ...failures());
    if (held) held();
  }

  /* What the reader was on stays under their hands when the state changes. */
  function held_focus() {
    const key = document.activeElement && document.activeElement.dataset.key;
    if (!key || !panel.contains(document.activeElement)) return null;
    return () => {
      const again = panel.querySelector('[data-key="' + CSS.escape(key) + '"]');
      if (again) again.focus();
    };
  }

  function now() {
    const working = state.working.map((name) => JUDGES[name] || name);
    if (working.length) return working.join(', ') + ' …';
    const broken = state.checks.filter((check) => check.status === 'fail' && check.how !== 'not-run' && !check.old).length;
    return {
      idle: 'Not checked yet.', saved: 'Checking …', begun: 'Checking …', quick: 'Checking …', slow: 'Checking …',
      verdict: 'Build and tests are through; the slower judges follow.', cancelled: 'Checking again …',
      broken: 'This cannot be checked as it stands.', fault: 'The grader failed; this is no verdict on your code.',
      done: broken ? broken + (broken === 1 ? ' promise is broken.' : ' promises are broken.') : 'All promises are kept.',
    }[state.phase] || state.phase;
  }

  function heading() {
    const again = el('button', { className: 'again', type: 'button' }, 'Check again');
    again.dataset.key = 'again';
    again.addEventListener('click', () => HB.ask('/check', { unit }).catch((error) => say(error.message)));
    return el('div', { className: 'now ' + state.phase },
      el('h2', {}, 'Your code'),
      el('p', { className: 'phase', role: 'status' }, (state.said ? state.said + '. ' : '') + now()),
      el('p', { className: 'edit' }, 'Edit ', ...between(state.edit.map((file) => el('code', {}, file)), ', ')),
      again);
  }

  function between(items, separator) {
    return items.flatMap((item, n) => (n ? [separator, item] : [item]));
  }

  function steps() {
    const rows = state.steps.map((step) => {
      const kept = step.kept === step.of;
      const word = kept ? 'passed' : step.broken ? 'broken' : 'open';
      const sign = { passed: '✓', broken: '✗', open: '·' }[word];
      return el('li', { className: word },
        el('span', { className: 'sign', role: 'img', ariaLabel: word }, sign),
        el('span', { className: 'title' }, step.n + '. ' + step.title),
        el('span', { className: 'count' }, step.kept + ' of ' + step.of));
    });
    return [el('ol', { className: 'stairs' }, ...rows)];
  }

  function trouble() {
    if (!state.trouble) return [];
    return [el('div', { className: 'trouble', role: 'alert' },
      el('h3', {}, state.phase === 'fault' ? 'The grader failed' : 'What is in the way'), el('pre', {}, state.trouble))];
  }

  function messages() {
    return state.messages
      .filter(({ judge }) => state.checks.some((check) => check.status !== 'pass' && check.name.startsWith(judge + '/')))
      .map(({ judge, text }) => el('div', { className: 'trouble' }, el('h3', {}, 'What ' + judge + ' says'), el('pre', {}, text)));
  }

  function failures() {
    const every = state.checks.filter((check) => check.status !== 'pass');
    const failed = every.filter((check) => check.how !== 'not-run');
    const notRun = every.length - failed.length;
    if (opened === null && failed.length) opened = new Map([[failed[0].name, true]]);
    const first = failed.length && failed[0].step;
    const here = failed.filter((check) => check.step === first);
    const later = failed.filter((check) => check.step !== first);
    const more = later.length ? [folded('later', later.length + ' more in later steps', () => later.map(failure))] : [];
    const rest = notRun ? [el('p', { className: 'note' }, notRun + ' checks were not run for that.')] : [];
    return [...here.map(failure), ...more, ...rest];
  }

  function folded(key, title, children) {
    const box = el('details', { className: 'fold' }, el('summary', {}, title));
    box.firstChild.dataset.key = 'fold ' + key;
    box.open = Boolean(opened && opened.get(key));
    if (box.open) box.append(...children());
    box.addEventListener('toggle', () => {
      opened = opened || new Map();
      if (opened.get(key) === box.open) return;
      opened.set(key, box.open);
      if (box.open && box.childElementCount === 1) box.append(...children());
    });
    return box;
  }

  function failure(check) {
    const name = check.name.split('/')[1].replace(/^[a-z]+__/, '').replaceAll('_', ' ');
    const title = el('span', {}, el('span', { className: 'how' }, check.status === 'ungraded' ? 'ungraded' : check.how), ' ' + name + ' ',
      el('span', { className: 'judge' }, check.name.split('/')[0]));
    const box = folded(check.name, title, () => told(check));
    box.classList.add('failure', check.status);
    if (check.old) box.classList.add('old');
    return box;
  }

  function told(check) {
    const parts = [];
    if (check.old) parts.push(el('p', { className: 'note' }, 'From the check before; this one has not come to it yet.'));
    parts.push(el('dl', {},
      el('dt', {}, 'Promised'), el('dd', {}, check.promise),
      el('dt', {}, 'Happened'), el('dd', {}, check.happened || check.how),
      ...(check.where ? [el('dt', {}, 'Where'), el('dd', {}, spot(check.where))] : [])));
    if (check.excerpt.length) parts.push(excerpt(check));
    if (check.story) parts.push(watch(check));
    for (const item of check.evidence) {
      parts.push(el('div', { className: 'evidence' }, el('p', {}, item.text),
        ...item.places.filter(Boolean).map((place) => el('p', { className: 'place' }, spot(place), el('code', {}, place.text.trim())))));
    }
    parts.push(help(check));
    return parts;
  }

  function spot(place) {
    return el('span', { className: 'spot' }, place.file + (place.line ? ':' + place.line : '') + (place.in ? ' in ' + place.in : ''));
  }

  function excerpt(check) {
    const lines = check.excerpt.map(([number, text]) => el('span', {
      className: 'line' + (number === check.where.line ? ' at' : ''), 'data-n': number }, text + '\n'));
    return el('pre', { className: 'excerpt', tabIndex: 0, role: 'region', ariaLabel: 'Where it happened' }, ...lines);
  }

  function watch(check) {
    const button = el('button', { className: 'watch', type: 'button' }, 'Watch it happen');
    button.dataset.key = 'watch ' + check.name;
    button.addEventListener('click', async () => {
      try {
        const story = await HB.ask('/story?unit=' + encodeURIComponent(unit) + '&check=' + encodeURIComponent(check.name));
        HB.stage(story);
      } catch (error) {
        button.after(el('p', { className: 'note', role: 'alert' }, error.message));
      }
    });
    return button;
  }

  /* Hints come one by one, each asked for. */
  function help(check) {
    const box = el('div', { className: 'hints' });
    const fill = () => {
      const known = hints.get(check.name) || { tiers: [], of: 3 };
      box.replaceChildren(...known.tiers.map((text, n) => el('div', { className: 'hint' },
        el('h4', {}, ['A question', 'The idea', 'Nearly the code'][n] || 'More'), ...paragraphs(text))));
      if (known.tiers.length >= known.of) return;
      const button = el('button', { type: 'button' }, known.tiers.length ? 'Tell more' : 'A hint');
      button.dataset.key = 'hint ' + check.name;
      button.addEventListener('click', async () => {
        const at = '/hint?unit=' + encodeURIComponent(unit) + '&check=' + encodeURIComponent(check.name) + '&tier=';
        try {
          hints.set(check.name, await HB.ask(at + (known.tiers.length + 1)));
          fill();
          const last = box.querySelector('.hint:last-of-type');
          if (last) { last.tabIndex = -1; last.focus(); }
        } catch (error) {
          button.after(el('p', { className: 'note', role: 'alert' }, error.message));
        }
      });
      box.append(button);
    };
    fill();
    return box;
  }

  /* Hints are plain text; what is indented is code. */
  function paragraphs(text) {
    return text.split(/\n\s*\n/).map((part) => (/^ {2,}/.test(part) ? el('pre', {}, part) : el('p', {}, part)));
  }

  /* The player, over the page. */
  HB.stage = function (story) {
    const stage = el('div', {});
    const close = el('button', { type: 'button', className: 'close', ariaLabel: 'Close' }, '×');
    const dialog = el('dialog', { className: 'stage', ariaLabel: 'The interleaving' },
      close, stage);
    close.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    HB.player(stage, story);
    const step = stage.querySelector('.hb-next');
    if (step) step.focus();
    shown = { stage, round: state && state.round };
  };

  /* A trace is of the code as it was checked. */
  function age() {
    if (!shown || !shown.stage.isConnected || shown.round === state.round) return;
    shown.stage.before(el('p', { className: 'note', role: 'status' },
      'You have saved since: this is what the code did before. Close it, and look at the new verdict.'));
    shown = null;
  }

  connect();
})();
