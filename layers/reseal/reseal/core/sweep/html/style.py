"""The style of the report's page. Style attributes are not allowed by its policy: all style is here."""

STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --soft: #57606a; --page: #ffffff; --box: #f3f5f7;
  --line: #d0d7de; --link: #0550ae; --bad: #a40e26; --warn: #7d4e00; --good: #116329; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --soft: #a3adb8; --page: #0d1117; --box: #161b22; --line: #3d444d;
    --link: #79b8ff; --bad: #ff9492; --warn: #f0b72f; --good: #6fdd8b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem; font: 1rem/1.45 system-ui, sans-serif;
  color: var(--text); background: var(--page); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
p { margin: .25rem 0; } .soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--box); position: sticky; top: 0; }
#rows thead th, #rows td:not(:nth-child(4)):not(:nth-child(6)):not([colspan]) { white-space: nowrap;
  overflow-wrap: normal; }
#rows td:nth-child(6) { min-width: 9.5rem; }
details table { max-width: 24rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
details { border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .6rem; margin: .3rem 0; }
summary { cursor: pointer; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; background: var(--box); padding: .6rem;
  border-radius: .4rem; }
label { display: grid; gap: .15rem; font-size: .9rem; }
input, select, button { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--soft);
  border-radius: .3rem; padding: .3rem .5rem; min-height: 2.2rem; }
button { cursor: pointer; }
th button { border: 0; background: none; padding: 0; font-weight: 600; min-height: 1.5rem; text-align: left; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.DETECTED, .MANUAL, .FAILED, .UNREAD { color: var(--bad); font-weight: 600; }
.COMPLIANT { color: var(--good); } .EXEMPT { color: var(--warn); }
.pages { display: flex; gap: .6rem; align-items: center; margin: .5rem 0; flex-wrap: wrap; }
.checks { margin: 0; padding: .3rem 0 .3rem 1rem; } .checks dt { font-weight: 600; }
.checks dd { margin: 0 0 .5rem; }
svg { max-width: 100%; height: 5rem; } svg rect { fill: var(--link); }
@media (max-width: 45rem) {
  #rows thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  #rows, #rows tbody, #rows tr, #rows td, #rows th { display: block; }
  #rows tr { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .3rem; }
  #rows td:empty { display: none; } #rows td.more { white-space: normal; }
  #rows td, #rows tbody th { border: 0; padding: .15rem .3rem; }
  #rows td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); }
  form label, form input, form select { width: 100%; } }
@media print {
  form, .pages, .more { display: none; } body { max-width: none; padding: 0; font-size: 9pt; }
  thead th { position: static; } tr { break-inside: avoid; } }
"""
