// What scripts add; every page works without them. A download is fetched here, so that the file's SHA-256 can go along
// with "I have saved the file" and a file that arrived damaged is not acknowledged. All words stand in the page.
(function () {
  'use strict';
  function by(id) { return document.getElementById(id); }
  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), function (b) { return b.toString(16).padStart(2, '0'); }).join('');
  }

  // Count down from `seconds` by the clock, also when the page slept.
  function countDown(seconds, each) {
    var end = Date.now() + seconds * 1000;
    (function step() {
      var left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      each(left);
      if (left > 0) setTimeout(step, 1000);
    })();
  }

  // A new code may be asked for when the SMS has had time to come.
  var wait = by('wait'), send = by('send');
  if (wait && send) {
    var number = wait.querySelector('strong');
    countDown(Number(number.textContent), function (left) {
      number.textContent = left;
      send.disabled = left > 0;
      wait.hidden = left === 0;
    });
  }

  var life = by('life');
  if (life && Number(life.dataset.seconds) > 0) {
    countDown(Number(life.dataset.seconds), function (left) {
      var minutes = life.querySelector('strong');
      if (left >= 60 && minutes) minutes.textContent = Math.floor(left / 60);
      else if (left > 0) life.textContent = life.dataset.one;
      else { life.textContent = life.dataset.over; by('new').open = true; }
    });
  }

  var progress = by('progress'), field = by('sha256'), bar = by('bar'), saved = by('saved');
  function say(word) { progress.textContent = progress.dataset[word]; }

  async function readAll(answer) {
    var whole = Number(answer.headers.get('Content-Length')), pieces = [], had = 0;
    var reader = answer.body.getReader();
    for (;;) {
      var piece = await reader.read();
      if (piece.done) return new Blob(pieces, { type: 'application/x-pkcs12' });
      pieces.push(piece.value);
      had += piece.value.length;
      if (whole) bar.value = Math.min(100, 100 * had / whole);
    }
  }
  function save(blob, name) {
    var saver = document.createElement('a');
    saver.href = URL.createObjectURL(blob);
    saver.download = name;
    document.body.appendChild(saver);
    saver.click();
    saver.remove();
    setTimeout(function () { URL.revokeObjectURL(saver.href); }, 60000);
  }
  async function take(event) {
    var link = event.currentTarget;
    event.preventDefault();
    say('fetching');
    bar.hidden = false;
    bar.value = 0;
    try {
      var answer = await fetch(link.href, { credentials: 'same-origin', cache: 'no-store' });
      if (answer.status >= 400 && answer.status < 500) { location.reload(); return; } // it has gone on elsewhere: see how it stands
      if (!answer.ok) throw new Error('status ' + answer.status);
      var blob = await readAll(answer);
      var digest = hex(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
      var tag = (answer.headers.get('ETag') || '').replace(/"/g, '');
      if (tag && tag !== digest) throw new Error('damaged');
      save(blob, link.dataset.name);
      field.value = digest;
      saved.classList.remove('second');
      var alert = document.querySelector('.alert'); // what it said of the file before is over
      if (alert) alert.hidden = true;
      say('whole');
    } catch (error) {
      bar.hidden = true;
      say('failed');
    }
  }
  if (progress && window.crypto && crypto.subtle) {
    saved.classList.add('second'); // first things first
    ['download', 'compatible'].forEach(function (id) { by(id).addEventListener('click', take); });
  }

  var prepare = by('prepare');
  if (prepare) setTimeout(function () { prepare.submit(); }, 2500);

  // A button on every command.
  var words = by('main').dataset;
  if (navigator.clipboard) document.querySelectorAll('pre').forEach(function (command) {
    var button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = words.copy;
    button.addEventListener('click', function () {
      navigator.clipboard.writeText(command.textContent).then(function () {
        button.textContent = words.copied;
        setTimeout(function () { button.textContent = words.copy; }, 2000);
      }, function () {});
    });
    var box = document.createElement('div');
    box.className = 'command';
    command.replaceWith(box);
    box.append(command, button);
  });
})();
