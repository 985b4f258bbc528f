// What scripts add; every page works without them. A download is fetched here, so that the file's SHA-256 can go along
// with "I have saved the file" and a file that arrived damaged is not acknowledged.
(function () {
  'use strict';
  var progress = document.getElementById('progress');
  var field = document.getElementById('sha256');

  function hex(buffer) {
    return Array.from(new Uint8Array(buffer), function (b) { return b.toString(16).padStart(2, '0'); }).join('');
  }
  function say(text) { if (progress) progress.textContent = text; }

  async function take(event) {
    var link = event.currentTarget;
    event.preventDefault();
    say('Fetching the file ...');
    try {
      var answer = await fetch(link.href, { credentials: 'same-origin', cache: 'no-store' });
      if (!answer.ok) throw new Error('status ' + answer.status);
      var bytes = await answer.arrayBuffer();
      var digest = hex(await crypto.subtle.digest('SHA-256', bytes));
      var tag = (answer.headers.get('ETag') || '').replace(/"/g, '');
      if (tag && tag !== digest) throw new Error('the file arrived damaged');
      var address = URL.createObjectURL(new Blob([bytes], { type: 'application/x-pkcs12' }));
      var saver = document.createElement('a');
      saver.href = address;
      saver.download = link.dataset.name;
      document.body.appendChild(saver);
      saver.click();
      saver.remove();
      setTimeout(function () { URL.revokeObjectURL(address); }, 60000);
      if (field) field.value = digest;
      say('Fetched ' + bytes.byteLength + ' bytes, whole and undamaged. Check that the file is where you want it.');
    } catch (error) {
      say('The file could not be fetched (' + error.message + '). Press the button again.');
    }
  }
  ['download', 'compatible'].forEach(function (id) {
    var link = document.getElementById(id);
    if (link && window.crypto && crypto.subtle) link.addEventListener('click', take);
  });

  var prepare = document.getElementById('prepare');
  if (prepare) setTimeout(function () { prepare.submit(); }, 2500);
})();
