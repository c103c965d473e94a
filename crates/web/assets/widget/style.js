// How the panel looks. The sheet is made by script, so a page's policy on styles does not matter, and nothing of the page's
// own styles gets past the shadow root.

const LIGHT = "--ground: #ffffff; --under: #f6f7f7; --line: #dfe3e1; --ink: #17201c; --soft: #55615b; --theirs: #f1f3f2; --bad: #a3262a; --warn: #6b4400; --warn-ground: #fdf1d6;";
const DARK = "--ground: #171c1a; --under: #1d2321; --line: #36403c; --ink: #eaf0ed; --soft: #a9b5af; --theirs: #262d2a; --bad: #ff9d98; --warn: #f4cd83; --warn-ground: #3a2e15;";

/** The sheet of one theme. */
export const styleOf = (theme) => {
  const side = theme.position;
  const light = `${LIGHT} --link: ${theme.onLight};`;
  const dark = `color-scheme: dark; ${DARK} --link: ${theme.onDark};`;
  const isDark = theme.mode === "dark";
  return `
.panel { --accent: ${theme.accent}; --on-accent: ${theme.ink}; --radius: ${theme.radius}px; color-scheme: light; ${light} ${isDark ? dark : ""} }
${theme.mode === "auto" ? `@media (prefers-color-scheme: dark) { .panel { ${dark} } }` : ""}
*, ::before, ::after { box-sizing: border-box; }
.panel { position: fixed; bottom: calc(max(20px, env(safe-area-inset-bottom)) + 74px); ${side}: 20px; display: flex; flex-direction: column; width: 400px; max-width: calc(100vw - 40px); height: 660px; max-height: calc(100vh - 114px); max-height: calc(100dvh - 114px); overflow: hidden; background: var(--ground); color: var(--ink); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: 0 4px 12px rgb(0 0 0 / 10%), 0 18px 56px rgb(0 0 0 / 26%); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; text-align: start; overflow-wrap: anywhere; }
[hidden] { display: none !important; }
.panel:focus { outline: none; }
p, ol, ul, h2 { margin: 0; padding: 0; list-style: none; }
button, input, textarea { font: inherit; color: inherit; margin: 0; -webkit-tap-highlight-color: transparent; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
a { color: var(--link); text-underline-offset: .15em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header { display: flex; flex: none; align-items: center; gap: 12px; padding: 14px 10px 14px 18px; background: var(--accent); color: var(--on-accent); }
.avatar { display: grid; flex: none; place-items: center; width: 42px; height: 42px; border-radius: 50%; background: var(--on-accent); color: var(--accent); font-weight: 700; }
.who { flex: 1; min-width: 0; }
.who h2 { overflow: hidden; font-size: 17px; font-weight: 650; line-height: 1.25; text-overflow: ellipsis; white-space: nowrap; }
.who p { overflow: hidden; font-size: 13.5px; line-height: 1.35; text-overflow: ellipsis; white-space: nowrap; }
.close { display: grid; flex: none; place-items: center; width: 44px; height: 44px; padding: 0; border: 0; border-radius: 12px; background: transparent; color: inherit; }
.close:hover { background: rgb(127 127 127 / 25%); }
header :focus-visible { outline-color: var(--on-accent); outline-offset: -3px; }
svg { width: 22px; height: 22px; }

.line { flex: none; padding: 8px 18px; background: var(--warn-ground); color: var(--warn); font-size: 14px; }
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 18px; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -3px; }
.log ol { display: flex; flex-direction: column; gap: 4px; }
.said { display: flex; flex-direction: column; max-width: 86%; align-self: flex-start; }
.said + .said.turn { margin-top: 12px; }
.said .name { margin: 0 0 3px 4px; color: var(--soft); font-size: 13px; }
.bubble { padding: 10px 14px; border-radius: calc(var(--radius) * .9); border-end-start-radius: 4px; background: var(--theirs); white-space: pre-wrap; }
.said.visitor { align-self: flex-end; }
.visitor .bubble { border-radius: calc(var(--radius) * .9); border-end-end-radius: 4px; background: var(--accent); color: var(--on-accent); }
.visitor .bubble a { color: inherit; }
.visitor.waiting .bubble { opacity: .88; }
.visitor .state { align-self: flex-end; margin-top: 2px; color: var(--soft); font-size: 13px; }
.visitor .state.bad { color: var(--bad); }
.said.notice { align-self: center; max-width: 100%; margin: 10px 0; color: var(--soft); font-size: 14px; text-align: center; }
.human .bubble { box-shadow: inset 3px 0 var(--link); }
.sources { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; }
.sources li { max-width: 100%; padding: 5px 10px; border: 1px solid var(--line); border-radius: 10px; color: var(--soft); font-size: 13px; }
.sources a { display: inline-block; min-height: 24px; font-weight: 600; }
.sources q { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 2; }
.dots { display: inline-flex; gap: 5px; padding: 5px 0; }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--soft); opacity: .55; }

.offers { display: flex; flex: none; flex-wrap: wrap; gap: 8px; padding: 0 18px 14px; }
.offers:empty { display: none; }
.offers button { min-height: 44px; padding: 8px 15px; border: 1.5px solid var(--link); border-radius: 22px; background: var(--ground); color: var(--link); font-size: 15px; line-height: 1.25; text-align: start; }
.offers button:hover { background: var(--theirs); }

.foot { flex: none; padding: 10px 12px max(10px, env(safe-area-inset-bottom)); border-top: 1px solid var(--line); background: var(--ground); }
.step { display: flex; align-items: center; gap: 10px; padding: 0 6px 8px; color: var(--soft); font-size: 13px; }
.step progress { flex: 1; height: 5px; border: 0; border-radius: 9px; overflow: hidden; background: var(--line); appearance: none; }
.step progress::-webkit-progress-bar { background: var(--line); }
.step progress::-webkit-progress-value { background: var(--link); }
.step progress::-moz-progress-bar { background: var(--link); }
form { display: flex; align-items: flex-end; gap: 8px; margin: 0; }
.field { flex: 1; min-width: 0; min-height: 46px; max-height: 132px; padding: 10px 15px; border: 1.5px solid color-mix(in srgb, var(--soft) 75%, transparent); border-radius: min(23px, calc(var(--radius) + 6px)); background: var(--ground); color: var(--ink); font-size: 16px; line-height: 1.45; resize: none; field-sizing: content; }
.field::placeholder { color: var(--soft); opacity: 1; }
.field:focus { outline: none; border-color: var(--link); box-shadow: 0 0 0 2px var(--link); }
.send { display: grid; flex: none; place-items: center; width: 46px; height: 46px; padding: 0; border: 0; border-radius: min(23px, calc(var(--radius) + 6px)); background: var(--accent); color: var(--on-accent); }
.send[aria-disabled=true] { background: var(--line); color: var(--soft); cursor: default; }
.brand { padding-top: 7px; color: var(--soft); font-size: 12.5px; text-align: center; }

.consent { display: flex; flex: 1; flex-direction: column; gap: 16px; min-height: 0; overflow-y: auto; padding: 22px 20px; white-space: pre-wrap; }
.consent button { min-height: 48px; padding: 10px 18px; border: 0; border-radius: min(24px, calc(var(--radius) + 6px)); background: var(--accent); color: var(--on-accent); font-weight: 600; }

.panel.whole { inset: 0; top: var(--top, 0); bottom: auto; width: 100%; max-width: none; height: var(--height, 100dvh); max-height: none; border: 0; border-radius: 0; }
.whole header { padding-top: max(10px, env(safe-area-inset-top)); }
@media (prefers-reduced-motion: no-preference) {
  .panel { animation: rise .18s ease-out; }
  .dots i { animation: beat 1.2s infinite ease-in-out alternate; }
  .dots i:nth-child(2) { animation-delay: .2s; } .dots i:nth-child(3) { animation-delay: .4s; }
  @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
  @keyframes beat { from { opacity: .25; } to { opacity: .85; } }
}
@media (forced-colors: active) { .bubble, .send, header { border: 1px solid CanvasText; } }
`;
};
