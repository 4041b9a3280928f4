// A vault is one age file under a passphrase (docs/formats/vault.md). What is in memory belongs to
// the file whose digest is kept: write() compares it first, so that a program that saved meanwhile
// is never written over. Passphrases are sealed in one form and tried in all forms that a vault of
// before may have.
#include "wallet/keystore/vault.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "common/keys.h"
#include "common/text.h"
#include "common/visible.h"
#include "common/waiting.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

VaultFailure failure_kind(age::OpenFailure failure) {
  switch (failure) {
    case age::OpenFailure::kWrongKey: return VaultFailure::kWrongPassphrase;
    case age::OpenFailure::kTooExpensive: return VaultFailure::kUnreadable;
    case age::OpenFailure::kNotAge:
    case age::OpenFailure::kMalformed:
    case age::OpenFailure::kTooLarge:
    case age::OpenFailure::kWrongKind:
    case age::OpenFailure::kCorrupt: break;
  }
  return VaultFailure::kCorrupt;
}

VaultError describe(const std::string& path, const age::OpenError& cause) {
  const VaultFailure kind = failure_kind(cause.kind);
  if (kind == VaultFailure::kWrongPassphrase) return {kind, "wrong passphrase for " + path};
  if (kind == VaultFailure::kCorrupt)
    return {kind, path + " is damaged or no vault: " + cause.message +
                      "; restore it from a backup, or from " + previous_version(path) +
                      " where that exists"};
  return {kind, path + " cannot be opened: " + cause.message};
}

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

SecretBytes secret_of(std::string text) {
  auto secret = SecretBytes::copy_of(as_bytes(text));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return secret;
}

// What a new vault is sealed under: the same letters have one form, whatever keyboard or file they
// come from, and the mark that some editors put before a text is no part of it.
SecretBytes canonical(const SecretBytes& typed) {
  std::string_view text = typed.text();
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return is_utf8(text) ? secret_of(nfc(text)) : SecretBytes::copy_of(as_bytes(text));
}

// What a passphrase may have been when the vault was made: as it is typed now, else the same
// letters in another form, or with the mark that an editor had put before it. The likeliest first,
// each once.
std::vector<SecretBytes> spellings(const SecretBytes& typed) {
  std::vector<SecretBytes> all;

  const auto add = [&all](SecretBytes each) {
    const auto same = [&each](const SecretBytes& other) {
      return equal_in_constant_time(other.view(), each.view());
    };
    if (std::ranges::none_of(all, same)) all.push_back(std::move(each));
  };

  // Every wrong spelling costs a run of scrypt, about a second.
  add(typed.clone());
  add(canonical(typed));
  const SecretBytes plain = canonical(typed);
  if (is_utf8(plain.text())) add(secret_of(nfd(plain.text())));
  add(secret_of(std::string(kByteOrderMark) + std::string(plain.text())));

  return all;
}

age::Opened open_by_any(ByteView file, const SecretBytes& typed, SecretBytes& used) {
  age::Opened opened;
  for (auto& spelling : spellings(typed)) {
    opened = age::open(file, spelling.text());
    if (opened.ok()) used = std::move(spelling);
    if (opened.ok() || opened.failure->kind != age::OpenFailure::kWrongKey) break;
  }
  return opened;
}

// A passphrase that was pasted once and is typed ever after: no mark that nobody sees, no space
// that only looks like one.
Status check_typeable(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (const auto fault = find_fault(text); fault && fault->kind == TextFault::Kind::kInvisible)
    return error("the passphrase holds " + to_text(*fault) + ": nobody can type it again");
  for (std::size_t at = 0; at < text.size();) {
    const auto from = at;
    if (!next_code_point(text, at)) ++at;
    const auto each = text.substr(from, at - from);
    if (each != " " && trimmed(each).empty())
      return error(
          "the passphrase holds a space that is not that of the keyboard (a tab, or a no-break "
          "space): it looks the same and is typed otherwise");
  }
  return {};
}

}  // namespace

Status check_new_passphrase(const SecretBytes& passphrase) {
  const std::string_view text = passphrase.text();
  const bool has_mark_of_utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
  if (has_mark_of_utf16 || text.find('\0') != std::string_view::npos) {
    return error(
        "the passphrase is in UTF-16 (\"Unicode text\"), which nobody can type again: save its "
        "file "
        "as UTF-8");
  }
  if (!is_utf8(text))
    return error(
        "the passphrase is not in UTF-8, so that nobody who types it gets the same bytes: save its "
        "file as UTF-8");
  if (text.empty() || text == kByteOrderMark) return error("the passphrase is empty");
  constexpr std::string_view kBlanks = " \t\r\n";
  if (kBlanks.find(text.front()) != std::string_view::npos ||
      kBlanks.find(text.back()) != std::string_view::npos)
    return error(
        "the passphrase begins or ends with white space, which nobody sees and nobody types again: "
        "leave it away");
  return check_typeable(text);
}

std::optional<VaultError> previous_alone(const std::string& path) {
  const std::string previous = previous_version(path);
  if (is_there(path) || !is_there(previous)) return std::nullopt;
  return VaultError{VaultFailure::kLeftPrevious,
                    path + " is gone, and " + previous +
                        " is there: the vault as it was before it was last saved, perhaps the only "
                        "copy. Put it back (mv " +
                        previous + " " + path +
                        "), or move it to another folder; nothing was done"};
}

bool has_byte_order_mark(const SecretBytes& passphrase) {
  return passphrase.text().starts_with(kByteOrderMark);
}

Vault::Outcome Vault::create(std::string path, SecretBytes passphrase, ByteView contents,
                             int work_log2) {
  passphrase = canonical(passphrase);

  // A link that points nowhere is something too, and is not replaced.
  if (is_there(path)) {
    return {std::nullopt,
            VaultError{VaultFailure::kExists, path + " exists already and is not overwritten"}};
  }

  if (auto left = previous_alone(path)) return {std::nullopt, std::move(left)};

  const Waiting waiting("sealing " + in_quotes(file_name(path)));
  const auto sealed = age::seal(passphrase.text(), work_log2, contents);
  if (!sealed.ok()) return {std::nullopt, VaultError{VaultFailure::kUnreadable, sealed.message()}};

  const auto written = write_file_atomically(path, *sealed, Overwrite::kRefused);
  if (!written.ok())
    return {std::nullopt, VaultError{VaultFailure::kUnreadable, written.message()}};

  Vault vault;
  vault.path_ = std::move(path);
  vault.passphrase_ = std::move(passphrase);
  vault.contents_ = SecretBytes::copy_of(contents);
  vault.file_digest_ = sha256(*sealed);
  vault.work_log2_ = work_log2;
  return {std::move(vault), std::nullopt};
}

Vault::Outcome Vault::open(std::string path, SecretBytes passphrase) {
  if (auto left = previous_alone(path)) return {std::nullopt, std::move(left)};
  if (!is_there(path))
    return {std::nullopt, VaultError{VaultFailure::kMissing, "there is no vault at " + path}};

  const auto file = read_file(path, age::kMaxFileBytes);
  if (!file.ok()) return {std::nullopt, VaultError{VaultFailure::kUnreadable, file.message()}};

  SecretBytes used;

  const Waiting waiting("opening " + in_quotes(file_name(path)));
  auto opened = open_by_any(*file, passphrase, used);
  if (!opened.ok()) {
    auto failure = describe(path, *opened.failure);
    // A file that says something else than the person thinks looks like a wrong passphrase.
    const auto fit = check_new_passphrase(passphrase);
    if (opened.failure->kind == age::OpenFailure::kWrongKey && !fit.ok())
      failure.message += "; " + fit.message();
    return {std::nullopt, std::move(failure)};
  }

  Vault vault;
  vault.path_ = std::move(path);

  // The spelling that opened it is kept, so that saving does not change what the person has to
  // type.
  vault.passphrase_ = std::move(used);
  vault.contents_ = std::move(opened.plaintext);
  vault.file_digest_ = sha256(*file);
  vault.work_log2_ = age::work_factor_of(*file);

  return {std::move(vault), std::nullopt};
}

std::optional<VaultError> Vault::save(ByteView contents) {
  return write(contents, passphrase_.text(), Previous::kKept);
}

std::optional<VaultError> Vault::save_and_forget(ByteView contents) {
  return write(contents, passphrase_.text(), Previous::kForgotten);
}

std::optional<VaultError> Vault::change_passphrase(SecretBytes passphrase) {
  passphrase = canonical(passphrase);
  if (auto failure = write(contents_.view(), passphrase.text(), Previous::kForgotten))
    return failure;
  passphrase_ = std::move(passphrase);
  return std::nullopt;
}

std::optional<VaultError> Vault::write(ByteView contents, std::string_view passphrase,
                                       Previous previous) {
  // The digest is compared before anything is made: decision 1162 keeps our own programs apart, and
  // this the others.
  const auto on_disk = read_file(path_, age::kMaxFileBytes);
  if (!on_disk.ok()) return VaultError{VaultFailure::kUnreadable, on_disk.message()};
  if (sha256(*on_disk) != file_digest_) {
    return VaultError{
        VaultFailure::kChanged,
        path_ +
            " was saved by another program since it was opened; nothing was changed, try again"};
  }

  // A fresh file key at every save, and with it a second run of scrypt (decision 0500).
  const Waiting waiting("sealing " + in_quotes(file_name(path_)));
  const auto sealed = age::seal(passphrase, work_log2_, contents);
  if (!sealed.ok()) return VaultError{VaultFailure::kUnreadable, sealed.message()};

  const auto written = previous == Previous::kKept ? write_file_keeping_previous(path_, *sealed)
                                                   : write_file_forgetting_previous(path_, *sealed);
  if (!written.ok()) return VaultError{VaultFailure::kUnreadable, written.message()};

  contents_ = SecretBytes::copy_of(contents);
  file_digest_ = sha256(*sealed);
  return std::nullopt;
}

}  // namespace testamur::wallet
