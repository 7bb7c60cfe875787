"""The script of the report's page: it filters, sorts and shows a page of the rows. It loads nothing."""

SCRIPT = r"""
'use strict';
(function () {
  const PAGE = 100, RANK = ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
  const WORST = ['EXEMPT', 'COMPLIANT', 'DETECTED', 'MANUAL', 'FAILED', 'UNREAD'];
  const data = JSON.parse(document.getElementById('data').textContent);
  const at = (id) => document.getElementById(id);
  const rows = data.rows.map(function (packed) {
    const row = {};
    data.columns.forEach(function (name, index) {
      row[name] = packed[index] < 0 ? null : data.texts[packed[index]];
    });
    const checks = packed[data.columns.length];
    row.checks = [];
    for (let index = 0; index < checks.length; index += 2) {
      const since = data.texts[checks[index + 1]];
      row.checks.push(Object.assign({}, data.verdicts[checks[index]], { since: since }));
    }
    row.severity = Math.max(-1, ...row.checks.map((one) => RANK.indexOf(one.severity)));
    row.status = row.not_read ? 'UNREAD' : row.checks.map((one) => one.status)
      .sort((a, b) => WORST.indexOf(b) - WORST.indexOf(a))[0] || '';
    row.since = row.right_since || row.checks.filter((one) => one.severity)
      .map((one) => one.since).sort()[0] || '';
    row.text = [row.name, row.encryption, row.kms_key, row.kms_key_state, row.owner, row.creator,
      row.not_read, ...row.checks.map((one) => one.reason)].join(' ').toLowerCase();
    return row;
  });
  let shown = rows, first = 0, sort = { by: 'severity', down: true };

  function filter() {
    const words = at('find').value.toLowerCase().split(/\s+/).filter(Boolean);
    const type = at('type').value, check = at('check').value;
    const status = at('status').value, severity = at('severity').value;
    const least = RANK.indexOf(severity);
    shown = rows.filter(function (row) {
      if (type && row.type !== type) return false;
      if (!words.every((word) => row.text.includes(word))) return false;
      if (!check && !status && !severity) return true;
      if (status === 'UNREAD') return row.status === 'UNREAD';
      return row.checks.some((one) => (!check || one.check === check) && (!status || one.status === status) &&
        (!severity || RANK.indexOf(one.severity) >= least));
    });
    order();
  }

  function order() {
    const by = sort.by, way = sort.down ? -1 : 1;
    shown.sort(function (a, b) {
      const x = a[by] === null ? '' : a[by], y = b[by] === null ? '' : b[by];
      return (x < y ? -1 : x > y ? 1 : 0) * way || (a.name < b.name ? -1 : 1);
    });
    document.querySelectorAll('#rows thead th').forEach(function (head) {
      const own = head.dataset.by === by;
      head.setAttribute('aria-sort', own ? (sort.down ? 'descending' : 'ascending') : 'none');
    });
    first = 0;
    show();
  }

  function element(name, text, label) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (label) made.dataset.label = label;
    return made;
  }

  function details(row) {
    const list = element('dl');
    list.className = 'checks';
    const say = (term, text) => { if (text) list.append(element('dt', term), element('dd', text)); };
    say('Not read', row.not_read);
    say('Key', row.kms_key);
    say('Created by', row.creator);
    say('Last finding', row.last_finding && row.last_finding + ', ' + row.last_finding_at);
    say('Rotation', row.rotation);
    say('Buckets that name it', row.buckets);
    say('KMS cost of 30 days', row.kms_requests && row.kms_requests + ' reads and writes: about ' +
      row.kms_usd + ' USD without a Bucket Key, at least ' + row.kms_usd_with_bucket_key + ' USD with one');
    say('KMS cost', row.kms_cost_unknown);
    row.checks.forEach(function (one) {
      const what = [one.status, one.severity, 'since ' + one.since].filter(Boolean).join(', ');
      say(one.check, what + ': ' + one.reason + (one.recommendation ? '. To do: ' + one.recommendation : '') +
        (one.controls.length ? '. Controls: ' + one.controls.join(', ') : ''));
    });
    return list;
  }

  function line(row, index, open) {
    const made = element('tr'), name = element('th'), more = element('button', 'Details');
    name.scope = 'row';
    name.textContent = row.name;
    const status = element('td', row.status, 'Status');
    status.className = row.status;
    const cell = element('td');
    cell.className = 'more';
    more.type = 'button';
    more.setAttribute('aria-expanded', String(open));
    more.setAttribute('aria-label', 'Details of ' + row.name);
    cell.append(more);
    made.append(name, status, element('td', RANK[row.severity] || '', 'Severity'),
      element('td', row.encryption || '', 'Encryption'), element('td', row.kms_key_state || '', 'Key state'),
      element('td', row.owner || '', 'Owner'), element('td', row.since.slice(0, 10), 'Since'), cell);
    more.addEventListener('click', function () {
      const next = made.nextSibling;
      if (next && next.className === 'opened') { next.remove(); }
      else { made.after(opened(row)); }
      more.setAttribute('aria-expanded', String(!(next && next.className === 'opened')));
    });
    return open ? [made, opened(row)] : [made];
  }

  function opened(row) {
    const made = element('tr'), cell = element('td');
    made.className = 'opened';
    cell.colSpan = 8;
    cell.append(details(row));
    made.append(cell);
    return made;
  }

  function show(all) {
    const part = all ? shown : shown.slice(first, first + PAGE), body = at('rows').tBodies[0];
    body.replaceChildren(...part.flatMap((row, index) => line(row, index, false)));
    const last = Math.min(first + PAGE, shown.length);
    at('found').textContent = shown.length + ' of ' + rows.length + ' rows' +
      (shown.length ? ', ' + (first + 1) + ' to ' + last + ' shown' : '');
    at('back').disabled = first === 0;
    at('forth').disabled = last >= shown.length;
  }

  ['find', 'type', 'check', 'status', 'severity'].forEach((id) => at(id).addEventListener('input', filter));
  at('filters').addEventListener('submit', (event) => event.preventDefault());
  at('filters').addEventListener('reset', () => setTimeout(filter));
  at('back').addEventListener('click', () => { first = Math.max(0, first - PAGE); show(); });
  at('forth').addEventListener('click', () => { first += PAGE; show(); });
  document.querySelectorAll('#rows thead th[data-by] button').forEach(function (button) {
    button.addEventListener('click', function () {
      const by = button.parentNode.dataset.by;
      sort = { by: by, down: sort.by === by ? !sort.down : by === 'severity' };
      order();
    });
  });
  addEventListener('beforeprint', () => show(true));
  addEventListener('afterprint', () => show());
  at('interactive').hidden = false;
  filter();
  document.documentElement.dataset.ready = String(rows.length);
}());
"""
