// age v1 (C2SP), as far as docs/formats/vault.md lists it. Two invariants hold between the
// functions: a file key seals one file only, under a nonce that is never used again with it
// (all-zero nonces are safe because every wrap key is fresh), and nothing of a file is believed
// before its MAC or tag has been checked. Secrets live in SecretBytes.
#include "wallet/keystore/age.h"

#include <algorithm>

#include "common/bech32.h"
#include "common/check.h"
#include "wallet/keystore/age_header.h"
#include "wallet/keystore/primitives.h"

namespace testamur::wallet::age {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kIdentityPrefix = "age-secret-key-";
constexpr std::string_view kX25519Label = "age-encryption.org/v1/X25519";
constexpr std::string_view kScryptLabel = "age-encryption.org/v1/scrypt";
constexpr std::size_t kFileKeyBytes = 16;
constexpr std::size_t kNonceBytes = 16;
constexpr std::size_t kScryptSaltBytes = 16;
constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kSealedChunkBytes = kChunkBytes + primitives::kTagBytes;
constexpr std::array<std::uint8_t, 12> kZeroNonce{};

SecretBytes random_secret(std::size_t size) {
  SecretBytes secret{size};
  fill_random(secret.writable());
  return secret;
}

Bytes concatenate(ByteView a, ByteView b) {
  Bytes out = to_bytes(a);
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

Bytes wrap(const SecretBytes& wrap_key, const SecretBytes& file_key) {
  Bytes body;
  primitives::chacha20_poly1305_seal(wrap_key.view(), kZeroNonce, file_key.view(), body);
  return body;
}

std::optional<SecretBytes> unwrap(const SecretBytes& wrap_key, ByteView body) {
  if (body.size() != kFileKeyBytes + primitives::kTagBytes) return std::nullopt;
  SecretBytes file_key{kFileKeyBytes};
  if (!primitives::chacha20_poly1305_open(wrap_key.view(), kZeroNonce, body,
                                          file_key.writable().data()))
    return std::nullopt;
  return file_key;
}

// The STREAM construction: chunk counter (11 bytes) and last-chunk flag as the nonce.
class ChunkNonce {
 public:
  ByteView view(bool last) {
    bytes_[11] = last ? 1 : 0;
    return bytes_;
  }
  void advance() {
    for (std::size_t i = 11; i-- > 0;) {
      if (++bytes_[i] != 0) return;
    }
  }

 private:
  std::array<std::uint8_t, 12> bytes_{};
};

SecretBytes payload_key(const SecretBytes& file_key, ByteView nonce) {
  return primitives::hkdf_sha256(file_key.view(), nonce, "payload");
}

Hash256 header_mac(const SecretBytes& file_key, ByteView authenticated) {
  const SecretBytes key = primitives::hkdf_sha256(file_key.view(), {}, "header");
  return primitives::hmac_sha256(key.view(), authenticated);
}

Bytes seal_file(const std::vector<Stanza>& stanzas, const SecretBytes& file_key,
                ByteView plaintext) {
  std::string header{kVersionLine};
  for (const auto& stanza : stanzas) header += encode_stanza(stanza);
  header += "---";
  const Hash256 mac = header_mac(file_key, as_bytes(header));
  header += ' ' + to_base64(mac.view()) + '\n';

  Bytes file = to_bytes(as_bytes(header));
  std::array<std::uint8_t, kNonceBytes> nonce{};
  fill_random(nonce);
  file.insert(file.end(), nonce.begin(), nonce.end());
  const SecretBytes key = payload_key(file_key, nonce);
  ChunkNonce chunk_nonce;
  while (true) {
    const bool last = plaintext.size() <= kChunkBytes;
    const ByteView chunk = plaintext.first(last ? plaintext.size() : kChunkBytes);
    primitives::chacha20_poly1305_seal(key.view(), chunk_nonce.view(last), chunk, file);
    if (last) return file;
    chunk_nonce.advance();
    plaintext = plaintext.subspan(kChunkBytes);
  }
}

Result<Stanza> x25519_stanza(const Recipient& recipient, const SecretBytes& file_key) {
  const SecretBytes ephemeral = random_secret(32);
  const auto share = primitives::x25519_public(ephemeral.view());
  const auto shared = primitives::x25519(ephemeral.view(), recipient.point);
  if (!shared)
    return error("the recipient " + to_text(recipient) +
                 " is a point of small order: nothing can be sealed to it");
  const Bytes salt = concatenate(share, recipient.point);
  const SecretBytes wrap_key = primitives::hkdf_sha256(shared->view(), salt, kX25519Label);
  return Stanza{{"X25519", to_base64(share)}, wrap(wrap_key, file_key)};
}

std::optional<SecretBytes> scrypt_wrap_key(std::string_view passphrase, ByteView salt,
                                           int work_log2) {
  return primitives::scrypt(passphrase, concatenate(as_bytes(kScryptLabel), salt), work_log2);
}

Opened failed(OpenFailure kind, std::string message) {
  return {SecretBytes{}, OpenError{kind, std::move(message)}};
}

// Header MAC and payload, once a file key was found.
Opened open_payload(const Header& header, const SecretBytes& file_key) {
  if (!equal_in_constant_time(header_mac(file_key, header.authenticated).view(), header.mac.view()))
    return failed(OpenFailure::kCorrupt, "the header was altered: its MAC does not fit");

  if (header.payload.size() < kNonceBytes + primitives::kTagBytes)
    return failed(OpenFailure::kCorrupt, "the file is cut short: the contents are missing");

  const SecretBytes key = payload_key(file_key, header.payload.first(kNonceBytes));
  ByteView rest = header.payload.subspan(kNonceBytes);

  const std::size_t chunks = (rest.size() + kSealedChunkBytes - 1) / kSealedChunkBytes;

  // Subtracting the tags below would otherwise wrap around.
  if (rest.size() < chunks * primitives::kTagBytes)
    return failed(OpenFailure::kCorrupt, "the file is cut short");

  SecretBytes plaintext{rest.size() - chunks * primitives::kTagBytes};
  std::uint8_t* out = plaintext.writable().data();
  ChunkNonce nonce;

  for (std::size_t i = 0; i < chunks; ++i) {
    const bool last = i + 1 == chunks;
    const ByteView chunk = rest.first(last ? rest.size() : kSealedChunkBytes);

    // The specification forbids a last chunk without contents, unless the file has none: the same
    // contents would have two forms.
    const bool empty_tail = last && i > 0 && chunk.size() == primitives::kTagBytes;
    if (empty_tail ||
        !primitives::chacha20_poly1305_open(key.view(), nonce.view(last), chunk, out)) {
      return failed(OpenFailure::kCorrupt, "the contents were altered or cut short: 64 KiB chunk " +
                                               std::to_string(i + 1) + " of " +
                                               std::to_string(chunks) + " does not fit its key");
    }

    out += chunk.size() - primitives::kTagBytes;
    rest = rest.subspan(chunk.size());
    nonce.advance();
  }
  return {std::move(plaintext), std::nullopt};
}

Header read_header(ByteView file, std::optional<OpenError>& failure) {
  if (file.size() > kMaxFileBytes) {
    failure = OpenError{OpenFailure::kTooLarge,
                        "the file is larger than " + std::to_string(kMaxFileBytes >> 20) + " MiB"};
    return {};
  }

  Header header = parse_header(file, failure);
  if (failure) return header;

  // Of a passphrase people expect that whoever made the file knew it, and a second stanza would
  // break that: the specification forbids it.
  const auto is_scrypt = [](const Stanza& stanza) { return stanza.arguments.front() == "scrypt"; };
  if (header.stanzas.size() > 1 && std::ranges::any_of(header.stanzas, is_scrypt)) {
    failure =
        OpenError{OpenFailure::kMalformed,
                  "the age header has a passphrase stanza beside others, which the format forbids"};
  }
  return header;
}

bool is_passphrase_file(const Header& header) {
  return header.stanzas.front().arguments.front() == "scrypt";
}

// The file key that this identity finds in an X25519 stanza. A stanza of this type that breaks its
// form is damage.
std::optional<SecretBytes> try_stanza(const Stanza& stanza, const Identity& identity,
                                      bool& damaged) {
  if (stanza.arguments.front() != "X25519") return std::nullopt;

  const auto share = stanza.arguments.size() == 2 ? from_base64(stanza.arguments[1]) : std::nullopt;
  if (!share || share->size() != 32 ||
      stanza.body.size() != kFileKeyBytes + primitives::kTagBytes) {
    damaged = true;
    return std::nullopt;
  }

  // A point of small order gives a secret that everybody knows.
  const auto shared = primitives::x25519(identity.secret_bytes(), *share);
  if (!shared) {
    damaged = true;
    return std::nullopt;
  }

  const Bytes salt = concatenate(*share, identity.recipient().point);
  return unwrap(primitives::hkdf_sha256(shared->view(), salt, kX25519Label), stanza.body);
}

// The work factor of a scrypt stanza; 0 when it is not in canonical decimal.
int work_factor(std::string_view text) {
  if (text.empty() || text.size() > 2 || text.front() == '0') return 0;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + (c - '0');
  }
  return value;
}

// A key of age, secret or not. No message quotes what was typed.
Result<Bytes> read_bech32(std::string_view prefix, std::string_view text) {
  auto decoded = decode_bech32(Bech32::kOriginal, prefix, text);
  if (auto* data = std::get_if<Bytes>(&decoded)) return std::move(*data);
  switch (std::get<Bech32Fault>(decoded).kind) {
    case Bech32Fault::Kind::kMixedCase: return error("upper and lower case are mixed");
    case Bech32Fault::Kind::kPrefix: break;
    case Bech32Fault::Kind::kCharacter: return error("a character that bech32 does not use");
    case Bech32Fault::Kind::kChecksum:
      return error("the checksum does not fit: a character is mistyped or missing");
    case Bech32Fault::Kind::kPadding: return error("the padding is not zero");
  }
  return error("it should begin with " + std::string(prefix) + "1");
}

}  // namespace

std::string to_text(const Recipient& recipient) {
  return encode_bech32(Bech32::kOriginal, kRecipientPrefix, recipient.point);
}

Result<Recipient> parse_recipient(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; }))
    return error("not an age recipient: it is written in lower case");
  const auto bytes = read_bech32(kRecipientPrefix, text);
  if (!bytes.ok()) return error("not an age recipient: " + bytes.message());
  if (bytes->size() != 32)
    return error("not an age recipient: it has " + std::to_string(bytes->size()) +
                 " bytes, not 32");
  Recipient recipient;
  std::ranges::copy(*bytes, recipient.point.begin());
  return recipient;
}

Identity Identity::generate() {
  const SecretBytes scalar = random_secret(32);
  return from_bytes(scalar.view());
}

Identity Identity::from_bytes(ByteView scalar) {
  TM_CHECK(scalar.size() == 32, scalar.size());
  Identity identity;
  identity.scalar_ = SecretBytes::copy_of(scalar);
  identity.recipient_.point = primitives::x25519_public(scalar);
  return identity;
}

Result<Identity> Identity::from_text(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; }))
    return error("not an age identity: it is written in upper case");
  auto bytes = read_bech32(kIdentityPrefix, text);
  if (!bytes.ok()) return error("not an age identity: " + bytes.message());
  const SecretBytes scalar{std::move(*bytes)};
  if (scalar.size() != 32) return error("not an age identity: it does not have 32 bytes");
  return from_bytes(scalar.view());
}

SecretBytes Identity::text() const {
  std::string lower = encode_bech32(Bech32::kOriginal, kIdentityPrefix, scalar_.view());
  SecretBytes upper = SecretBytes::copy_of(std::string_view{lower});
  wipe({reinterpret_cast<std::uint8_t*>(lower.data()), lower.size()});
  for (auto& c : upper.writable()) {
    if (c >= 'a' && c <= 'z') c = static_cast<std::uint8_t>(c - 'a' + 'A');
  }
  return upper;
}

Result<Bytes> seal(std::span<const Recipient> recipients, ByteView plaintext) {
  TM_CHECK(!recipients.empty());

  if (plaintext.size() > kMaxPlaintextBytes)
    return error("the contents are larger than " + std::to_string(kMaxPlaintextBytes >> 20) +
                 " MiB");

  const SecretBytes file_key = random_secret(kFileKeyBytes);
  std::vector<Stanza> stanzas;
  for (const auto& recipient : recipients) {
    TM_TRY(auto stanza, x25519_stanza(recipient, file_key));
    stanzas.push_back(std::move(stanza));
  }

  return seal_file(stanzas, file_key, plaintext);
}

Result<Bytes> seal(std::string_view passphrase, int work_log2, ByteView plaintext) {
  TM_CHECK(work_log2 >= 1 && work_log2 <= kMaxWorkLog2, work_log2);
  if (plaintext.size() > kMaxPlaintextBytes)
    return error("the contents are larger than " + std::to_string(kMaxPlaintextBytes >> 20) +
                 " MiB");

  std::array<std::uint8_t, kScryptSaltBytes> salt{};
  fill_random(salt);

  const auto wrap_key = scrypt_wrap_key(passphrase, salt, work_log2);
  if (!wrap_key)
    return error("not enough memory to derive a key from the passphrase (" +
                 std::to_string((1 << work_log2) >> 10) + " MiB)");

  const SecretBytes file_key = random_secret(kFileKeyBytes);
  const Stanza stanza{{"scrypt", to_base64(salt), std::to_string(work_log2)},
                      wrap(*wrap_key, file_key)};
  return seal_file({stanza}, file_key, plaintext);
}

Opened open(ByteView file, std::span<const Identity> identities) {
  std::optional<OpenError> failure;
  const Header header = read_header(file, failure);
  if (failure) return {SecretBytes{}, failure};
  if (is_passphrase_file(header))
    return failed(OpenFailure::kWrongKind, "the file is sealed with a passphrase, not to a key");

  // One stanza for each recipient, and none says for whom it is: every key is tried at every
  // stanza, which a stranger's file may not make a matter of minutes.
  if (header.stanzas.size() > kMostStanzas)
    return failed(OpenFailure::kTooExpensive,
                  "the file is sealed to " + std::to_string(header.stanzas.size()) +
                      " keys; at most " + std::to_string(kMostStanzas) + " are tried");
  bool damaged = false;
  for (const auto& stanza : header.stanzas) {
    for (const auto& identity : identities) {
      const auto file_key = try_stanza(stanza, identity, damaged);
      if (file_key) return open_payload(header, *file_key);
    }
  }

  // Only when no stanza opened: a broken stanza of somebody else is no reason to refuse what is
  // ours.
  if (damaged)
    return failed(OpenFailure::kMalformed,
                  "the age header has an X25519 stanza that breaks its form");
  return failed(OpenFailure::kWrongKey, "the file is not sealed to this key");
}

Opened open(ByteView file, std::string_view passphrase) {
  std::optional<OpenError> failure;
  const Header header = read_header(file, failure);
  if (failure) return {SecretBytes{}, failure};
  if (!is_passphrase_file(header))
    return failed(OpenFailure::kWrongKind, "the file is sealed to a key, not with a passphrase");

  const Stanza& stanza = header.stanzas.front();
  const auto salt = stanza.arguments.size() == 3 ? from_base64(stanza.arguments[1]) : std::nullopt;
  const int work = salt ? work_factor(stanza.arguments[2]) : 0;
  if (work == 0 || salt->size() != kScryptSaltBytes ||
      stanza.body.size() != kFileKeyBytes + primitives::kTagBytes)
    return failed(OpenFailure::kMalformed,
                  "the age header has a scrypt stanza that breaks its form");

  // The work factor is the sender's choice; without a bound a small file could take all memory and
  // hours.
  if (work > kMaxWorkLog2) {
    return failed(OpenFailure::kTooExpensive, "the file asks for scrypt work 2^" +
                                                  std::to_string(work) + ", more than 2^" +
                                                  std::to_string(kMaxWorkLog2));
  }

  const auto wrap_key = scrypt_wrap_key(passphrase, *salt, work);
  if (!wrap_key)
    return failed(OpenFailure::kTooExpensive,
                  "not enough memory to derive a key from the passphrase");

  const auto file_key = unwrap(*wrap_key, stanza.body);
  if (!file_key) return failed(OpenFailure::kWrongKey, "wrong passphrase");
  return open_payload(header, *file_key);
}

int work_factor_of(ByteView file) {
  std::optional<OpenError> failure;
  const Header header = read_header(file, failure);
  if (failure || !is_passphrase_file(header) || header.stanzas.front().arguments.size() != 3)
    return 0;
  return work_factor(header.stanzas.front().arguments[2]);
}

Result<Bytes> take_off_armour(Bytes file) {
  const std::string_view text = as_text(file);
  const auto begin = text.find(kArmourBegin);
  if (text.starts_with(kVersionLine) || begin == std::string_view::npos) return file;

  const auto from = begin + kArmourBegin.size();
  const auto end = text.find(kArmourEnd, from);
  if (end == std::string_view::npos)
    return error("the armour is cut short: its last line is missing");

  std::string encoded;
  encoded.reserve(end - from);
  for (const char c : text.substr(from, end - from)) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') encoded += c;
  }

  // Base64 with its padding, which from_base64() does not know.
  const bool whole = encoded.size() % 4 == 0;
  for (int i = 0; i < 2 && encoded.ends_with('='); ++i) encoded.pop_back();
  auto bytes = whole ? from_base64(encoded) : std::nullopt;
  if (!bytes) return error("the armour is damaged: what stands in it is no base64");
  return std::move(*bytes);
}

Result<FileKind> inspect(ByteView file) {
  std::optional<OpenError> failure;
  const Header header = read_header(file, failure);
  if (failure) return error(failure->message);
  return is_passphrase_file(header) ? FileKind::kPassphrase : FileKind::kRecipients;
}

}  // namespace testamur::wallet::age
