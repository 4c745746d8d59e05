// Passkeys: asks the server for a challenge, the device for an answer, and leads on. The only script of all pages.
"use strict";
const button = document.querySelector("button[data-begin]");
const trouble = document.querySelector("#notice");
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}
async function go() {
  const { options } = await post(button.dataset.begin, { continue: button.dataset.continue || null });
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  const ask = { publicKey: options };
  const credential = options.user
    ? await navigator.credentials.create(ask)
    : await navigator.credentials.get(ask);
  const response = credential.response;
  const answer = { id: text(credential.rawId) };
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) answer[name] = text(response[name]);
  }
  const { location } = await post(button.dataset.finish, answer);
  if (/^\/[a-z]/.test(location)) window.location.assign(location);
}
if (window.PublicKeyCredential) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    button.disabled = true;
    try {
      await go();
    } catch {
      trouble.hidden = false;
    }
    button.disabled = false;
  });
}
