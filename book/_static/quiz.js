/* The quiz before and after reading. Answers stay in this browser and count for nothing. */
(() => {
  "use strict";
  const KEY = "course-quiz";
  const load = () => { try { return JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { return {}; } };
  const save = (state) => { try { localStorage.setItem(KEY, JSON.stringify(state)); } catch { /* private mode */ } };

  const start = (form) => {
    const questions = [...form.querySelectorAll(".quiz-question")];
    const result = form.querySelector(".quiz-result");
    const sitting = () => form.querySelector("input[name='sitting']:checked").value;
    const name = (question) => question.querySelector("input").name;
    const chosen = (question) => question.querySelector("input:checked");

    const show = () => {
      const state = load();
      for (const question of questions) {
        const value = state[sitting()]?.answers?.[name(question)];
        for (const input of question.querySelectorAll("input")) input.checked = input.value === value;
      }
      mark(state[sitting()]?.right !== undefined);
      tell(state);
    };

    // After the result each question says whether it was right, and its reasons stand open.
    const mark = (judged) => {
      for (const question of questions) {
        const right = Boolean(chosen(question)?.dataset.right);
        question.querySelector(".quiz-mark").textContent = judged ? (right ? "Right." : "Not right.") : "";
        question.dataset.judged = judged ? (right ? "right" : "wrong") : "";
        question.querySelector("details").open = judged;
      }
    };

    const tell = (state) => {
      const said = [];
      for (const [key, word] of [["before", "Before reading"], ["after", "After reading"]]) {
        if (state[key]?.right !== undefined) said.push(`${word}: ${state[key].right} of ${questions.length} right.`);
      }
      if (state.before?.right !== undefined && state.after?.right !== undefined) {
        const changed = questions.filter((q) => state.before.answers[name(q)] !== state.after.answers[name(q)]).length;
        said.push(`You changed ${changed} ${changed === 1 ? "answer" : "answers"}.`);
      }
      result.textContent = said.join(" ");
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const missing = questions.filter((question) => !chosen(question));
      if (missing.length) {
        result.textContent = `${missing.length} of ${questions.length} questions have no answer yet; the first is question ${questions.indexOf(missing[0]) + 1}.`;
        missing[0].querySelector("input").focus();
        return;
      }
      const state = load();
      const answers = Object.fromEntries(questions.map((question) => [name(question), chosen(question).value]));
      state[sitting()] = { answers, right: questions.filter((question) => chosen(question).dataset.right).length };
      save(state);
      mark(true);
      tell(state);
    });
    form.addEventListener("reset", () => { save({}); setTimeout(show); });
    form.addEventListener("change", (event) => {
      if (event.target.name === "sitting") show();
      else mark(false);
    });
    for (const hidden of form.querySelectorAll("[hidden]")) hidden.hidden = false;
    show();
  };

  const all = () => document.querySelectorAll("[data-quiz]").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", all);
  else all();
})();
