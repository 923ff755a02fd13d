// Links of the board change the address without reloading the page: the address moves, and Streamlit,
// which follows the browser's history, runs the page again. Without this script the links still work
// as links. Also: the page's language, and the keyboard focus when a refresh replaces the list.
(() => {
  if (window.trendsieveSoftLinks) return;
  window.trendsieveSoftLinks = true;
  let focused = null;

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(".stHtml a[href^='?']");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const target = link.getAttribute("href");
    const pageOf = (search) => { const params = new URLSearchParams(search); return `${params.get("page")} ${params.has("topic")}`; };
    const turnsPage = pageOf(link.search) !== pageOf(location.search);
    history.pushState({}, "", target === "?" ? location.pathname : target);
    window.dispatchEvent(new PopStateEvent("popstate"));
    if (turnsPage) document.querySelector("[data-testid='stMain']")?.scrollTo(0, 0);
  });

  const keyed = (element) => element?.closest?.(".stHtml [data-key]")?.dataset.key ?? null;
  document.addEventListener("focusin", (event) => { focused = keyed(event.target); });
  document.addEventListener("pointerdown", (event) => { focused = keyed(event.target); });

  const settle = () => {
    const language = document.querySelector(".stHtml .ts-header")?.lang;
    if (language && document.documentElement.lang !== language) document.documentElement.lang = language;
    if (focused === null || document.activeElement !== document.body) return;
    document.querySelector(`.stHtml [data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  };
  new MutationObserver(settle).observe(document.body, { childList: true, subtree: true });
  settle();
})();
