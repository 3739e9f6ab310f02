/* The form of a new order: numbers are checked while one types, and what is begun is completed out of registers and earlier orders.
   The checks are those of orders/entry/checks.py, which count: a test holds both to the same list. */
export function makeChecks(letters, plates) {
  const values = Object.fromEntries(letters.trim().split(" ").map((pair) => [pair[0], Number(pair.slice(1))]));
  const shapes = plates.split(" ").map((shape) =>
    new RegExp("^" + shape.replace("-", "").replace(/L/g, "[A-HJ-NP-Z]").replace(/D/g, "[0-9]").replace(/X/g, "[A-HJ-NP-Z0-9]") + "$"));
  const plain = (text) => text.normalize("NFKC").toUpperCase();

  /* ISO 6346 annex A: the sum of value times two to the place, modulo 11, where 10 counts as 0. */
  function checkDigit(number) {
    return [...number.slice(0, 10)].reduce((sum, c, place) => sum + (values[c] ?? Number(c)) * 2 ** place, 0) % 11 % 10;
  }

  /* Ministry of Finance: the digits of all products add up to a multiple of 5; a seventh digit 7 may count one more. */
  function sumFits(ban) {
    const sum = [1, 2, 1, 2, 1, 2, 4, 1].reduce((all, weight, place) => {
      const product = weight * Number(ban[place]);
      return all + Math.floor(product / 10) + product % 10;
    }, 0);
    return sum % 5 === 0 || (ban[6] === "7" && (sum + 1) % 5 === 0);
  }

  return {
    bare: { container: (text) => plain(text).replace(/[\s\-./·_[\]()]/g, ""), plate: (text) => plain(text).replace(/[\s\-‐‑–—−./·•_:]/g, "") },
    checkDigit,
    container(text) {
      const number = this.bare.container(text);
      if (!/^[A-Z0-9]{1,17}$/.test(number)) return "wrong";
      return /^[A-Z]{3}[UJZ][0-9]{7}$/.test(number) && Number(number[10]) === checkDigit(number) ? "good" : "odd";
    },
    plate(text) {
      if ([...text.trim()].length > 12) return "wrong";
      const plate = this.bare.plate(text);
      return /[0-9]/.test(plate) && shapes.some((shape) => shape.test(plate)) ? "good" : "odd";
    },
    ban(text) {
      if (!/^[0-9]{8}$/.test(text.trim())) return "wrong";
      return sumFits(text.trim()) ? "good" : "odd";
    },
    seal(text) {
      return /^[A-Z0-9]{1,17}$/.test(plain(text).replace(/\s/g, "").replace(/^E-/, "").replace(/[-./]/g, "")) ? "good" : "wrong";
    },
  };
}

function enliven(form) {
  const checks = makeChecks(form.dataset.letters, form.dataset.plates);
  const said = form.dataset;
  const filled = new Map(); /* what we filled in, which another vehicle may fill in anew; what a person typed stays */

  function words(kind, finding, text) {
    if (kind === "container") {
      if (finding === "good") return said.fits;
      if (finding === "wrong") return said.tooLong;
      const number = checks.bare.container(text);
      return /^[A-Z]{3}[UJZ][0-9]{6,7}$/.test(number) ? `${said.wrong} ${checks.checkDigit(number)}` : said.odd;
    }
    if (kind === "plate") return finding === "good" ? said.plate : said.noPlate;
    if (kind === "ban") return { good: said.banGood, odd: said.banOdd, wrong: said.digits }[finding];
    return finding === "good" ? "" : said.tooLong;
  }

  function show(input, sort, text) {
    const hint = document.getElementById(`hint-${input.name}`);
    if (!hint) return;
    hint.className = `number-hint ${sort ? `number-hint-${sort === "good" ? "good" : "odd"}` : ""}`;
    hint.textContent = text;
  }

  function judge(input) {
    const kind = input.dataset.checked;
    if (!kind) return;
    const finding = input.value.trim() ? checks[kind](input.value) : "";
    show(input, finding, finding ? words(kind, finding, input.value) : "");
  }

  function put(name, value) {
    const input = form.elements[name];
    if (!input || !value || (input.value && input.tagName === "INPUT" && filled.get(name) !== input.value && input.value !== input.defaultValue)) return;
    input.value = value;
    filled.set(name, value);
    judge(input);
  }

  const options = (input) => [...document.getElementById(input.getAttribute("list")).options];

  /* A part of a plate that only one known vehicle has, or the beginning of one place's code, is completed when the field is left. */
  function complete(input) {
    const isPlate = input.dataset.fill === "vehicles";
    const bare = (text) => (isPlate ? checks.bare.plate(text) : text.trim().toUpperCase());
    const typed = bare(input.value);
    if (!typed) return null;
    const exact = options(input).find((one) => bare(one.value) === typed);
    if (exact) return exact;
    const fitting = options(input).filter((one) => (isPlate ? bare(one.value).includes(typed) : bare(one.value).startsWith(typed)));
    if (fitting.length !== 1 || (isPlate && /[A-Z]/.test(typed) && checks.plate(typed) === "good")) return null;
    return fitting[0];
  }

  function left(input) {
    const one = complete(input);
    if (!one) return;
    input.value = one.value;
    judge(input);
    for (const [key, value] of Object.entries(one.dataset)) put(`vehicle.${key}`, value);
    show(input, "good", `${one.text === one.value ? "" : one.text} ${said.taken}`);
  }

  for (const input of form.querySelectorAll("input[data-checked], input[data-fill]")) {
    const remark = document.getElementById(`remark-${input.name}`);
    if (input.value && !remark) judge(input);
    input.addEventListener("input", () => {
      remark?.remove();
      if (input.dataset.checked) judge(input); else show(input, "", "");
    });
    if (input.dataset.fill) input.addEventListener("change", () => left(input));
  }
  /* Enter hands the form in at once: what was begun is completed before. */
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.dataset?.fill) left(event.target);
  });
}

const form = document.querySelector(".order-form");
if (form) enliven(form);
