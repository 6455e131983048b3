/** The style of the page, which looks like an envelope, in light and in dark. */

/** CSS, exactly as it stands in the page: the Content-Security-Policy of the page has its hash. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --desk: #f3efe6; --paper: #fffdf8; --ink: #22262e; --faint: #6a6f78; --line: #e2dccd;
  --blue: #2b4c8c; --red: #c0392f; --go: #23794a; --wait: #96620a; --code: #f8f4ea; --text: #2f6b46; --paper-shade: rgb(60 45 10 / .09);
}
@media (prefers-color-scheme: dark) {
  :root {
    --desk: #14161b; --paper: #1c1f26; --ink: #e7e5df; --faint: #9a9da5; --line: #30343d;
    --blue: #8fb0f0; --red: #e5786d; --go: #6fcf97; --wait: #e0b050; --code: #16181e; --text: #8fd0a8; --paper-shade: rgb(0 0 0 / .4);
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: clamp(0rem, 4vw, 3.5rem) clamp(0rem, 4vw, 2rem); background: var(--desk); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%; }
main { max-width: 56rem; margin: 0 auto; background: var(--paper); border-radius: 6px; overflow: hidden;
  box-shadow: 0 1px 2px var(--paper-shade), 0 14px 40px var(--paper-shade); }
main::before { content: ""; display: block; height: 10px;
  background: repeating-linear-gradient(-55deg, var(--red) 0 18px, transparent 18px 32px, var(--blue) 32px 50px, transparent 50px 64px); }
header, section, footer { padding: 1.75rem clamp(1.25rem, 5vw, 3rem); }
header { display: flex; gap: 1.5rem; align-items: flex-start; justify-content: space-between; padding-top: 2.25rem; }
section, footer { border-top: 1px solid var(--line); }
h1, h2 { font-family: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, Georgia, serif; font-weight: 600; line-height: 1.2; }
h1 { margin: 0; font-size: clamp(1.9rem, 5vw, 2.6rem); letter-spacing: -.015em; }
h1 small { font: 500 .9rem/1 ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--faint); letter-spacing: 0; margin-left: .35rem; }
h2 { margin: 0 0 .75rem; font-size: 1.3rem; }
p { margin: 0 0 1rem; max-width: 62ch; }
.lead { margin: .6rem 0 0; color: var(--faint); }
.mark { flex: none; width: 92px; color: var(--blue); opacity: .85; transform: rotate(7deg); }
.mark svg { display: block; width: 100%; height: auto; }
.state { display: inline-flex; align-items: center; gap: .5rem; margin-top: 1.1rem; font-weight: 600; color: var(--wait); }
.state::before { content: ""; width: .6rem; height: .6rem; border-radius: 50%; background: currentColor; box-shadow: 0 0 0 4px color-mix(in srgb, currentColor 20%, transparent); }
.state.listening { color: var(--go); }
.state span { font-weight: 400; color: var(--faint); }
.counts { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 1px; background: var(--line); border-top: 1px solid var(--line); margin: 0; }
.counts div { background: var(--paper); padding: 1.1rem 1rem 1rem clamp(1.25rem, 5vw, 3rem); }
.counts div + div { padding-left: 1.5rem; }
.counts dt { font-size: .85rem; color: var(--faint); }
.counts dd { margin: 0; font: 600 clamp(1.4rem, 4vw, 1.9rem)/1.2 ui-serif, "Iowan Old Style", Palatino, Georgia, serif; font-variant-numeric: lining-nums tabular-nums; }
.rows { display: grid; grid-template-columns: max-content 1fr; gap: .5rem 1.5rem; margin: 0 0 1.25rem; align-items: baseline; }
.rows dt { grid-column: 1; color: var(--faint); }
.rows dd { grid-column: 2; margin: 0; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875rem; }
dd code { font-size: .95rem; }
pre { margin: 0 0 1rem; padding: 1.1rem 1.25rem; overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: 6px; line-height: 1.65; tab-size: 2; user-select: all; }
pre .t { color: var(--text); } pre .c { color: var(--faint); }
.note { font-size: .9rem; color: var(--faint); margin: 0; }
figure { margin: 0; }
figure a { display: block; padding: 1rem; border: 1px solid var(--line); border-radius: 6px; background: var(--paper); }
figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
footer { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; justify-content: space-between; font-size: .85rem; color: var(--faint); }
a { color: var(--blue); text-underline-offset: .2em; text-decoration-thickness: 1px; }
footer a { margin-right: 1rem; }
a:focus-visible, pre:focus-visible { outline: 2px solid var(--blue); outline-offset: 3px; border-radius: 3px; }
@media (max-width: 38rem) {
  main { border-radius: 0; }
  .mark { width: 64px; }
  .counts { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .counts div, .counts div + div { padding-left: clamp(1.25rem, 5vw, 3rem); }
  .rows { grid-template-columns: 1fr; gap: 0; }
  .rows dd { grid-column: 1; }
  .rows dd + dt { margin-top: .6rem; }
  pre { font-size: .8rem; padding: 1rem; }
  figure a { overflow-x: auto; }
  figure img { max-width: none; width: 44rem; }
}
`;
