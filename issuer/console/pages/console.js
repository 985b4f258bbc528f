// What scripts add; every page works without them. All words stand in the page.
(function () {
  'use strict';

  // A second press while the first is on its way is none. What never answers may be pressed again.
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (form.method !== 'post') return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    setTimeout(function () { delete form.dataset.sent; }, 10000);
  });
  addEventListener('pageshow', function () {
    document.querySelectorAll('form').forEach(function (form) { delete form.dataset.sent; });
  });

  // What was said once is not said again by reloading.
  if (/[?&]said=/.test(location.search)) {
    history.replaceState(null, '', location.pathname + location.search.replace(/([?&])said=[a-z_-]+&?/, '$1').replace(/[?&]$/, ''));
  }

  // A check beside the field when it is left, by what the page says of it; the server checks all of it again.
  function words(input) {
    var v = input.validity;
    if (v.valueMissing) return 'is needed';
    if (v.patternMismatch) return input.dataset.pattern || 'is not written as wanted';
    if (v.typeMismatch) return input.type === 'email' ? 'is not an e-mail address' : 'is not written as wanted';
    return v.valid ? '' : 'is not written as wanted';
  }
  function check(input) {
    var field = input.closest('.field'), said = words(input), place = document.getElementById(input.id + '-check');
    if (!place && !said) return;
    if (!place) {
      place = document.createElement('p');
      place.className = 'fault';
      place.id = input.id + '-check';
      place.setAttribute('aria-live', 'polite');
      input.after(place);
      input.setAttribute('aria-describedby', ((input.getAttribute('aria-describedby') || '') + ' ' + place.id).trim());
    }
    place.textContent = said;
    place.hidden = !said;
    field.classList.toggle('faulty', Boolean(said) || Boolean(field.querySelector('.about .fault')));
  }
  // What a check says moves the page: not while a button is held down, which would be somewhere else when it is let go.
  var pressed = false, left = [];
  function released() {
    pressed = false;
    setTimeout(function () { left.splice(0).forEach(check); });
  }
  document.addEventListener('pointerdown', function () { pressed = true; }, true);
  document.addEventListener('pointerup', released, true);
  document.addEventListener('pointercancel', released, true);
  document.querySelectorAll('form.form .field input, form.form .field textarea, form.form .field select').forEach(function (input) {
    input.addEventListener('blur', function () {
      if (!input.value && !input.dataset.touched) return;
      if (pressed) left.push(input);
      else check(input);
    });
    input.addEventListener('input', function () {
      input.dataset.touched = 'yes';
      if (document.getElementById(input.id + '-check')) check(input);
    });
  });

  // The same moment by the reader's own clock.
  document.querySelectorAll('time[datetime*="T"]').forEach(function (time) {
    var at = new Date(time.dateTime);
    if (!isNaN(at)) time.title = at.toLocaleString([], { dateStyle: 'long', timeStyle: 'short' }) + ' by your clock';
  });

  // The summary of faults is where the reader begins, also where autofocus is not heeded.
  var faults = document.getElementById('faults');
  if (faults) faults.focus();
})();
