/* The form of a ruling: numbers are checked while one types, and Enter means the decision. */
"use strict";
(() => {
  document.getElementById("problems")?.focus();
  const form = document.querySelector(".ruling-form");
  if (!form) return;

  const values = Object.fromEntries(form.dataset.letters.trim().split(" ").map((pair) => [pair[0], Number(pair.slice(1))]));
  const plates = form.dataset.plates.split(" ").map((shape) =>
    new RegExp("^" + shape.replace("-", "").replace(/L/g, "[A-Z]").replace(/D/g, "[0-9]").replace(/X/g, "[A-Z0-9]") + "$"));
  const bare = (text) => text.normalize("NFKC").toUpperCase().replace(/[^A-Z0-9]/g, "");

  /* ISO 6346 annex A: the sum of value times two to the place, modulo 11, where 10 counts as 0. */
  function checkDigit(number) {
    return [...number.slice(0, 10)].reduce((sum, c, place) => sum + (values[c] ?? Number(c)) * 2 ** place, 0) % 11 % 10;
  }

  function judge(input) {
    const text = bare(input.value);
    if (!text) return ["", ""];
    if (input.dataset.number === "plate") {
      return plates.some((shape) => shape.test(text)) ? ["good", form.dataset.plate] : ["odd", form.dataset.noPlate];
    }
    if (!/^[A-Z]{3}[UJZ][0-9]{6,7}$/.test(text)) return ["odd", form.dataset.odd];
    const digit = checkDigit(text);
    return Number(text[10]) === digit ? ["good", form.dataset.fits] : ["odd", `${form.dataset.wrong} ${digit}`];
  }

  function show(input) {
    const hint = input.parentElement.querySelector(".number-hint");
    const [sort, words] = judge(input);
    hint.className = `number-hint ${sort ? `number-hint-${sort}` : ""}`;
    hint.textContent = words;
  }

  /* Whoever comes to a number by keyboard stands on its first doubtful character and types over it. */
  function selectDoubtful(input, from) {
    const place = input.dataset.unsure.split(",").filter(Boolean).map(Number).find((one) => one >= from);
    if (place !== undefined && input.value.length > place) input.setSelectionRange(place, place + 1);
  }

  for (const input of form.querySelectorAll("input[data-number]")) {
    show(input);
    const length = input.value.length;
    input.addEventListener("focus", () => selectDoubtful(input, 0));
    input.addEventListener("input", (event) => {
      show(input);
      if (event.inputType === "insertText" && input.value.length === length) selectDoubtful(input, input.selectionStart);
    });
  }

  /* A badge reader ends with Enter, and so does a person: both mean the decision, not the first button of the form. */
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    form.requestSubmit(document.getElementById(event.target.id === "order_other" || event.target.dataset.number ? "look" : "decide"));
  });
})();
