// What a conversation shows: questions and answers, found by their names.

import { canAskAgain, createQuestion } from "./message.js";

export class Transcript {
  /** Everything that is shown is a child of `log`. */
  constructor(log) {
    this.log = log;
  }

  get isEmpty() {
    return this.log.childElementCount === 0;
  }

  get answers() {
    return [...this.log.querySelectorAll(".answer")];
  }

  get lastID() {
    return this.answers.findLast(({ dataset }) => dataset.id)?.dataset.id;
  }

  get firstQuestion() {
    return this.log.querySelector(".question")?.textContent ?? "";
  }

  /** The answer with this id or to the question with this key. */
  find(name) {
    const isIt = ({ dataset }) => dataset.id === name || dataset.key === name;
    return name ? this.answers.find(isIt) : undefined;
  }

  removeTurn(id) {
    const answer = this.find(id);
    if (answer?.previousElementSibling?.matches(".question")) answer.previousElementSibling.remove();
    answer?.remove();
  }

  /** A question to be shown above its answer; null where it is there already and asked again. */
  createQuestion(prompt) {
    const last = this.answers.at(-1);
    const isThere = last?.dataset.ending && last.view.question.prompt === prompt;
    return isThere && canAskAgain(last.dataset.ending) ? null : createQuestion(prompt);
  }

  /** Whether it has the answer to a question. */
  hasAnswer({ id, key, prompt, after }) {
    // What was read under this key may have been lost: then no history has it.
    if (id) return this.answers.some(({ dataset }) => dataset.id === id && dataset.key !== key);
    const last = this.answers.findLast(({ dataset }) => dataset.id);
    return Boolean(last) && last.dataset.id !== after && last.view.question.prompt === prompt;
  }
}
