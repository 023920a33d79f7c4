/* What moves in a chapter: its questions, and the players of its interleavings. */
'use strict';

(function players() {
  for (const figure of document.querySelectorAll('figure.player')) {
    const button = figure.querySelector('button');
    button.addEventListener('click', async () => {
      try {
        await HB.load(figure.dataset.source, true);
      } catch (error) {
        figure.append(HB.el('p', { role: 'alert' }, 'The interleaving is not there: ' + error.message));
        return;
      }
      const stage = HB.el('div', {});
      figure.prepend(stage);
      button.remove();
      HB.player(stage, HB.stories[figure.dataset.story]);
      const first = stage.querySelector('button, [tabindex]');
      if (first) first.focus({ preventScroll: true });
    });
  }
})();

(function quiz() {
  function given(form) {
    if (form.dataset.kind === 'choice') return new FormData(form).get('given');
    if (form.querySelector('[type=checkbox]')) return new FormData(form).getAll('given');
    if (form.dataset.kind === 'order') {
      return [...form.querySelectorAll('.sort li')].map((item) => Number(item.dataset.number));
    }
    const text = form.elements.given.value.trim();
    return /^-?[0-9]+$/.test(text) ? Number(text) : null;
  }

  function judged(said, mine) {
    if (said.replies) {
      const found = said.replies.find((item) => JSON.stringify(item.given) === JSON.stringify(mine));
      return found || { right: false, because: said.otherwise };
    }
    const isSo = (option) => said.truth.includes(option);
    const wrong = [...said.truth.filter((option) => !mine.includes(option)), ...mine.filter((option) => !isSo(option))];
    const because = wrong.map((option) => (isSo(option) ? said.so : said.not_so).split('{}').join(option) + ' ' + (said.reasons[option] || ''));
    return { right: !wrong.length, because: wrong.length ? because.join(' ') : said.told };
  }

  /* The answer is taken before anything is said to it, and cannot be taken back; another try can
     be made, and is told from the first. */
  function answer(form) {
    const reply = form.querySelector('.reply');
    const mine = given(form);
    if (mine === null) {
      reply.replaceChildren(form.dataset.kind === 'choice' ? 'Choose one first.' : 'Write a number first.');
      return;
    }
    const { right, because } = judged(JSON.parse(form.dataset.replies), mine);
    reply.className = 'reply ' + (right ? 'right' : 'wrong');
    reply.replaceChildren(HB.el('strong', {}, right ? 'Yes. ' : 'No. '), because);
    const show = form.querySelector('.show');
    if (show) show.hidden = false;
    if (right) {
      for (const element of form.elements) if (element.tagName !== 'FIELDSET') element.disabled = true;
      form.querySelector('[type=submit]').remove();
    } else {
      form.querySelector('[type=submit]').textContent = 'Another answer';
    }
  }

  for (const form of document.querySelectorAll('form.question')) {
    form.addEventListener('submit', (event) => { event.preventDefault(); answer(form); });
    form.addEventListener('click', (event) => {
      const button = event.target.closest('[data-move]');
      if (!button) return;
      const item = button.closest('li');
      const other = button.dataset.move === '-1' ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      if (button.dataset.move === '-1') other.before(item); else other.after(item);
      button.focus();
    });
  }
})();
