// Our SD-JWT against @sd-jwt/sd-jwt-vc, both ways, for ES256 and ES256K. Argument: the program interop_sd_jwt.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify} from 'node:crypto';
import {SDJwtVcInstance} from '@sd-jwt/sd-jwt-vc';

const ours = process.argv[2];
const curves = {ES256: 'P-256', ES256K: 'secp256k1'};
const hasher = (data) => createHash('sha256').update(typeof data === 'string' ? data : Buffer.from(data)).digest();
const saltGenerator = (length) => randomBytes(length).toString('base64url');

const signer = (jwk) => (data) =>
  sign('sha256', Buffer.from(data), {key: createPrivateKey({key: jwk, format: 'jwk'}), dsaEncoding: 'ieee-p1363'}).toString('base64url');
const verifier = (jwk) => (data, signature) =>
  verify('sha256', Buffer.from(data), {key: createPublicKey({key: jwk, format: 'jwk'}), dsaEncoding: 'ieee-p1363'},
    Buffer.from(signature, 'base64url'));
const kbVerifier = (data, signature, payload) => verifier(payload.cnf.jwk)(data, signature);

function keyPair(algorithm) {
  const pair = generateKeyPairSync('ec', {namedCurve: curves[algorithm]});
  return {secret: pair.privateKey.export({format: 'jwk'}), open: pair.publicKey.export({format: 'jwk'})};
}

function issueOurs(algorithm) {
  return JSON.parse(execFileSync(ours, ['issue', algorithm], {encoding: 'utf8'}));
}

function verifyWithOurs(question) {
  const run = spawnSync(ours, ['verify'], {input: JSON.stringify(question), encoding: 'utf8'});
  return run.status === 0 ? {ok: true, ...JSON.parse(run.stdout)} : {ok: false, message: run.stderr.trim()};
}

function passed(what) {
  console.log(`passed: ${what}`);
}

async function theyVerifyOurs(algorithm) {
  const given = issueOurs(algorithm);
  const instance = new SDJwtVcInstance({verifier: verifier(given.issuer_jwk), hasher, hashAlg: 'sha-256', kbVerifier});
  const full = await instance.verify(given.credential);
  for (const [name, value] of Object.entries(given.claims)) assert.deepEqual(full.payload[name], value);
  assert.equal(full.payload.vct, 'urn:testamur:vct:1');
  assert.equal(full.header.typ, 'dc+sd-jwt');
  passed(`${algorithm}: they verify our credential and see its claims`);

  const shown = await instance.verify(given.presentation, {keyBindingNonce: given.nonce, requiredClaimKeys: ['title']});
  assert.equal(shown.payload.title, given.shown.title);
  assert.equal(shown.payload.family_name, undefined);
  assert.equal(shown.kb.payload.aud, given.audience);
  passed(`${algorithm}: they verify our presentation with its key binding, and see nothing withheld`);

  await assert.rejects(instance.verify(given.presentation, {keyBindingNonce: 'another'}));
  const stranger = new SDJwtVcInstance({verifier: verifier(keyPair(algorithm).open), hasher, hashAlg: 'sha-256', kbVerifier});
  await assert.rejects(stranger.verify(given.credential));
  passed(`${algorithm}: they refuse ours under another nonce or issuer key`);
}

async function weVerifyTheirs(algorithm) {
  const issuer = keyPair(algorithm);
  const holder = keyPair(algorithm);
  const instance = new SDJwtVcInstance({
    signer: signer(issuer.secret), signAlg: algorithm, verifier: verifier(issuer.open), hasher, hashAlg: 'sha-256', saltGenerator,
    kbSigner: signer(holder.secret), kbSignAlg: algorithm, kbVerifier,
  });
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: 'https://issuer.example', iat: now, vct: 'urn:example:diploma', cnf: {jwk: holder.open},
    name: 'Zoë', address: {street: 'Hauptstraße 1', city: 'Wien'}, languages: ['de', 'en', 'fr'],
  };
  const frame = {
    _sd: ['name', 'address'], _sd_decoy: 2, address: {_sd: ['street']}, languages: {_sd: [0, 2]},
  };
  const credential = await instance.issue(payload, frame);
  const full = verifyWithOurs({sd_jwt: credential, issuer_jwk: issuer.open});
  assert.ok(full.ok, full.message);
  assert.deepEqual(full.claims, payload);
  passed(`${algorithm}: we verify their credential with nested claims, array elements and decoys`);

  const kb = {payload: {iat: now, aud: 'https://verifier.example', nonce: 'n-1'}};
  const presentation = await instance.present(credential, {address: true, languages: {2: true}}, {kb});
  const question = {sd_jwt: presentation, issuer_jwk: issuer.open, audience: 'https://verifier.example', nonce: 'n-1', now_s: now};
  const shown = verifyWithOurs(question);
  assert.ok(shown.ok, shown.message);
  assert.equal(shown.claims.name, undefined);
  assert.deepEqual(shown.claims.languages, ['en', 'fr']);
  assert.equal(shown.claims.address.street, undefined);
  assert.equal(shown.key_binding.aud, 'https://verifier.example');
  passed(`${algorithm}: we verify their presentation with its key binding`);

  assert.ok(!verifyWithOurs({...question, nonce: 'n-2'}).ok);
  assert.ok(!verifyWithOurs({...question, now_s: now + 301}).ok);
  assert.ok(!verifyWithOurs({...question, issuer_jwk: holder.open}).ok);
  const extra = Buffer.from(JSON.stringify(['salt', 'role', 'admin'])).toString('base64url');
  assert.ok(!verifyWithOurs({sd_jwt: credential + extra + '~', issuer_jwk: issuer.open}).ok);
  passed(`${algorithm}: we refuse theirs under another nonce, time or key, and with a disclosure nobody signed`);
}

for (const algorithm of Object.keys(curves)) {
  await theyVerifyOurs(algorithm);
  await weVerifyTheirs(algorithm);
}
