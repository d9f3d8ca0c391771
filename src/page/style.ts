/** Colours of both schemes, with a contrast of at least 4.5 (WCAG 2.2, 1.4.3), and what drawings look like. */
export const chartStyle = `
:root, svg {
  color-scheme: light dark;
  --ink: #1f2328; --muted: #59636e; --grid: #d8dee4; --paper: #ffffff; --panel: #f6f8fa; --shade: #b6bfc9;
  --first: #0a5fb4; --second: #b34700; --third: #59636e; --bad: #b3261e; --good: #1a7f37; --open: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root, svg {
    --ink: #e6edf3; --muted: #9da7b1; --grid: #30363d; --paper: #0d1117; --panel: #151b23; --shade: #4c545d;
    --first: #58a6ff; --second: #f0883e; --third: #9da7b1; --bad: #ff7b72; --good: #3fb950; --open: #d29922;
  }
}
.heading { font: 600 14px system-ui, sans-serif; fill: var(--ink); }
.chart { font: 12px system-ui, sans-serif; }
.chart text { fill: var(--ink); }
.chart .tick { fill: var(--muted); font-variant-numeric: tabular-nums; }
.chart .end { text-anchor: end; }
.chart .middle { text-anchor: middle; }
.chart .grid { stroke: var(--grid); stroke-width: 1; }
.chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.chart .dashed { stroke-dasharray: 7 4; }
.chart .dotted { stroke-dasharray: 2 4; }
.chart .line.first { stroke: var(--first); } .chart .line.second { stroke: var(--second); } .chart .line.third { stroke: var(--third); }
.chart .line.bad { stroke: var(--bad); }
.chart .dot.first, .chart .bar.first, .chart .band.first { fill: var(--first); }
.chart .dot.second, .chart .band.second { fill: var(--second); }
.chart .dot.third { fill: var(--third); } .chart .dot.bad { fill: var(--bad); }
.chart .bar.bad { fill: var(--bad); }
.chart .band { opacity: 0.18; }
.chart .limit { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3; }
.chart .limit.warn { stroke: var(--open); }
.chart .pointer, .chart .label { fill: var(--bad); }
.chart .pointer.warn, .chart .label.warn { fill: var(--open); }
.chart .hint { fill: transparent; }
.chart .hint:hover { fill: var(--muted); opacity: 0.12; }
`

/** What the page around the drawings looks like. */
export const pageStyle = `
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; margin: 1.5rem 0 0.25rem; }
h2 { font-size: 1.25rem; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 1rem; margin: 1.5rem 0 0.5rem; }
p { margin: 0.5rem 0; overflow-wrap: anywhere; }
section { border-top: 1px solid var(--grid); padding: 1.5rem 0; }
a { color: var(--first); }
:focus-visible { outline: 2px solid var(--first); outline-offset: 2px; }
.muted { color: var(--muted); }
.caution { border-left: 4px solid var(--open); padding-left: 0.75rem; }
.badge { display: inline-block; border: 1px solid; border-radius: 0.4rem; padding: 0 0.5rem; white-space: nowrap; }
.badge.good { color: var(--good); } .badge.bad { color: var(--bad); } .badge.open { color: var(--open); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.5rem; margin: 1rem 0; }
.figures div { background: var(--panel); border-radius: 0.5rem; padding: 0.5rem 0.6rem; }
.figures dt { color: var(--muted); font-size: 0.85rem; }
.figures dd { margin: 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figcaption, caption { font-weight: 600; text-align: left; padding: 0.25rem 0; }
svg.chart { display: block; width: 100%; min-width: 36rem; height: auto; }
.scroll { overflow: auto; max-height: 30rem; margin: 0.5rem 0; }
table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 1rem 0.2rem 0; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th:first-child { text-align: left; }
td.text, .words td { text-align: left; }
thead th { color: var(--muted); font-weight: 500; }
tbody th { font-weight: 500; }
details { margin: 0.5rem 0; }
summary { cursor: pointer; color: var(--muted); }
nav ul { padding-left: 1.25rem; }
/* What scrolls has a shade at each side that hides more; a cover that scrolls along is over it at the end. */
figure, .scroll {
  background:
    linear-gradient(to right, var(--paper) 40%, transparent) 0 0 / 2.5rem 100% local no-repeat,
    linear-gradient(to left, var(--paper) 40%, transparent) 100% 0 / 2.5rem 100% local no-repeat,
    linear-gradient(to right, var(--shade), transparent) 0 0 / 1rem 100% no-repeat,
    linear-gradient(to left, var(--shade), transparent) 100% 0 / 1rem 100% no-repeat;
}
@media print { details::details-content { content-visibility: visible; } }
`
