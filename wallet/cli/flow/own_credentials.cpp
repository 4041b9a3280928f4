#include "wallet/cli/flow/own_credentials.h"

#include <algorithm>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/cli/short_id.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/credential.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxNameBytes = 100;

std::string reference_of(const StoredCredential& stored) {
  const auto view = read_credential(stored.sd_jwt);
  return view.ok() ? to_text(view->head.reference) : std::string{};
}

// Whether it is the reference as it is shown where there is no room: ids cut short with dots, the
// index whole.
bool is_shortened(const std::string& named, const std::string& reference) {
  const auto parts_of = [](std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at != std::string_view::npos;) {
      const auto end = text.find(':', at);
      parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
      at = end == std::string_view::npos ? end : end + 1;
    }
    return parts;
  };

  const auto typed = parts_of(named);
  const auto whole = parts_of(reference);
  if (typed.size() != whole.size()) return false;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    if (typed[i] == whole[i]) continue;
    const auto prefix = whole[i].substr(0, whole[i].find('1'));
    const bool is_cut = is_short_id(typed[i], prefix) && prefix.starts_with("tm") &&
                        complete_id("", typed[i], prefix, {std::string(whole[i])}).ok();
    if (!is_cut) return false;
  }
  return true;
}

// Where `named` stands among the credentials; their number where it does not. A name cannot look
// like a reference, so that there is never a second one.
std::size_t place_of(const WalletContents& wallet, const std::string& named) {
  // One letter may be typed in two forms.
  const std::string name = canonical_reference(named);
  const auto found = std::ranges::find_if(wallet.credentials, [&](const auto& stored) {
    return (!stored.name.empty() && stored.name == name) || reference_of(stored) == named;
  });
  if (found != wallet.credentials.end() || !named.starts_with("urn:"))
    return static_cast<std::size_t>(found - wallet.credentials.begin());

  // Two ledgers or issuers may begin alike: then neither is meant.
  std::vector<std::size_t> begun;
  for (std::size_t i = 0; i < wallet.credentials.size(); ++i) {
    if (is_shortened(named, reference_of(wallet.credentials[i]))) begun.push_back(i);
  }
  return begun.size() == 1 ? begun.front() : wallet.credentials.size();
}

Failure unknown(const std::string& named) {
  return Failure{ExitCode::kUnknown, "the wallet holds no credential " + in_quotes(named) +
                                         ": testamur credential list names them"};
}

Status check_name(const std::string& name) {
  const std::string shown = "the name " + in_quotes(name) + " ";
  if (name.empty()) return error("a credential's name is empty: give it one");
  if (name.size() > kMaxNameBytes)
    return error(shown + "is longer than " + std::to_string(kMaxNameBytes) + " bytes");
  if (const auto fault = find_fault(name)) return error(shown + "holds " + to_text(*fault));

  // Whoever types one must not mean the other.
  if (skeleton(name).starts_with("urn:"))
    return error(shown + "begins as a reference does: choose another");
  return {};
}

}  // namespace

std::string signed_title(const CredentialView& view) {
  const auto title = view.disclosed.find(ClaimId::kTitle);
  return title == view.disclosed.end() ? std::string{}
                                       : to_display(kind_of(ClaimId::kTitle), title->second);
}

Attempt<const StoredCredential*> find_credential(const WalletContents& wallet,
                                                 const std::string& named) {
  const auto& credentials = wallet.credentials;
  if (!named.empty()) {
    const auto place = place_of(wallet, named);
    if (place == credentials.size()) return unknown(named);
    return &credentials[place];
  }

  if (credentials.size() == 1) return &credentials.front();
  if (credentials.empty())
    return Failure{ExitCode::kUnknown,
                   "the wallet holds no credential yet: testamur credential import FILE"};
  return error("the wallet holds " + std::to_string(credentials.size()) +
               " credentials: name one by its name or reference (testamur credential list)");
}

Attempt<StoredCredential*> rename_credential(WalletContents& wallet, const std::string& old,
                                             const std::string& typed) {
  const auto place = place_of(wallet, old);
  if (old.empty() || place == wallet.credentials.size()) return unknown(old);
  auto& renamed = wallet.credentials[place];

  const std::string name = canonical_reference(typed);
  TM_TRY_STATUS(check_name(name));
  if (renamed.name == name)
    return error("this credential is called \"" + name + "\" already; nothing was changed");

  // Two names that people take for each other are as bad as one name twice.
  for (const auto& other : wallet.credentials) {
    if (&other == &renamed || other.name.empty() || skeleton(other.name) != skeleton(name))
      continue;
    return error("another credential is called \"" + other.name + "\"" +
                 (other.name == name ? "" : ", which is nearly \"" + name + "\"") +
                 ": choose another name; nothing was changed");
  }

  renamed.name = name;
  return &renamed;
}

}  // namespace testamur::wallet
