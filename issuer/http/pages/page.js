// What scripts add; every page works without them. A download is fetched here, so that the file's SHA-256 can go along
// with "I have saved the file" and a file that arrived damaged is not acknowledged. All words stand in the page.
(function () {
  'use strict';
  function by(id) { return document.getElementById(id); }
  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), function (b) { return b.toString(16).padStart(2, '0'); }).join('');
  }

  // What a form answered is not sent once more by reloading: that would cost a try, or send another code.
  history.replaceState(null, '', location.pathname.replace(/\/(code|new-code)$/, '').replace(/\/received$/, '/file') +
    location.search.replace(/[?&]said=[a-z-]+$/, ''));

  // A second press while the first is on its way is none. What never answers may be pressed again.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    setTimeout(function () { delete form.dataset.sent; }, 10000);
  });
  addEventListener('pageshow', function () {
    document.querySelectorAll('form').forEach(function (form) { delete form.dataset.sent; });
  });

  // Whole messages and numbers may be pasted: what is wanted of them is taken.
  function pasted(id, take) {
    var place = by(id);
    if (place) place.addEventListener('paste', function (event) {
      var text = take(event.clipboardData.getData('text/plain'));
      if (!text) return;
      event.preventDefault();
      place.value = text;
    });
  }
  pasted('code', function (text) {
    var found = /#([2-9a-hj-np-z]{8})\b/i.exec(text) || /^\s*([2-9a-hj-np-z]{8})\s/i.exec(text);
    return found && found[1];
  });
  pasted('digits', function (text) { return text.replace(/[^0-9]/g, '').slice(-4); });

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

  var progress = by('progress'), field = by('sha256'), bar = by('bar'), saved = by('saved'), fetching = false;
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
    if (fetching) return;
    fetching = true;
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
    fetching = false;
  }
  if (progress && window.crypto && crypto.subtle) {
    saved.classList.add('second'); // first things first
    ['download', 'compatible'].forEach(function (id) { by(id).addEventListener('click', take); });
  }

  var prepare = by('prepare');
  if (prepare) setTimeout(function () { prepare.submit(); }, 2500);

  // A line of a command ends between two words: none is torn at its hyphens, as browsers would.
  document.querySelectorAll('pre code').forEach(function (command) {
    command.replaceChildren.apply(command, command.textContent.split(/(\s+)/).map(function (piece, n) {
      if (n % 2) return piece;
      var word = document.createElement('span');
      word.className = 'word';
      word.textContent = piece;
      return word;
    }));
  });

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
