// Sends the form with the token of the address, and says what came of it.
const form = document.getElementById('setup');
const outcome = document.getElementById('outcome');
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
history.replaceState(null, '', location.pathname);

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  outcome.textContent = '';
  try {
    const response = await fetch('/api/v1/setup', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...Object.fromEntries(new FormData(form)), token }),
    });
    if (response.ok) {
      form.hidden = true;
      outcome.textContent = 'Done: you are signed in, and the workspace is yours. The API is described at /docs.';
    } else {
      const problem = await response.json();
      outcome.textContent = [problem.title, problem.detail].filter(Boolean).join(': ');
    }
  } catch {
    outcome.textContent = 'The server could not be reached. Try again.';
  }
  button.disabled = false;
});
