// Builds a batch in memory. Two invariants hold in all of it: whatever an observer of the ledger
// could count or order by (positions, the size of a small class, decoy commitments) is random, and
// a secret of a learner's own wallet never arises here, since a learner with a request brings the
// key.
#include "wallet/credential/batch.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "common/check.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/claim_code.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxFileNameBytes = 48;

// A number in [0, bound) without bias.
std::uint32_t random_below(std::uint32_t bound) {
  // Values above the largest multiple of `bound` are drawn again: taken modulo, they would favour
  // small numbers.
  const std::uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
  while (true) {
    std::array<std::uint8_t, 4> bytes{};
    fill_random(bytes);
    Decoder decoder{bytes};
    if (const std::uint32_t value = decoder.u32(); value < limit) return value % bound;
  }
}

// Fisher-Yates: every order is as likely as any other.
std::vector<std::uint32_t> random_permutation(std::size_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = size; i > 1; --i)
    std::swap(order[i - 1], order[random_below(static_cast<std::uint32_t>(i))]);
  return order;
}

// Letters, digits, dot, hyphen and underscore of the student reference; never hidden, never taken
// twice.
class FileNames {
 public:
  std::string next(const std::string& student) {
    std::string name;
    for (const char c : student) {
      const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_';
      if (name.size() < kMaxFileNameBytes) name += safe ? c : '_';
    }
    std::string unique = name;
    for (int i = 2; !taken_.insert(lower(unique)).second; ++i)
      unique = name + "-" + std::to_string(i);
    return unique;
  }

 private:
  static std::string lower(std::string text) {
    for (auto& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
  }
  std::set<std::string> taken_;
};

using Requests = std::map<std::string, const WalletRequest*>;

std::string of_file(const WalletRequest& request) {
  return request.file.empty() ? "" : request.file + ": ";
}
std::string also_in(const WalletRequest& request) {
  return request.file.empty() ? "" : ", the other one is " + request.file;
}

// A spreadsheet drops zeros, and people type marks differently.
std::string near_in(const std::vector<ClassRow>& rows, const std::string& student) {
  const auto key = reference_key(student);
  const auto near = std::ranges::find_if(
      rows, [&key](const ClassRow& row) { return reference_key(row.student) == key; });
  return near == rows.end()
             ? std::string{}
             : "; \"" + near->student + "\" of line " + std::to_string(near->line) +
                   " is nearly that: write the reference in the list as it is in the "
                   "request";
}

Result<Requests> match_requests(const std::vector<ClassRow>& rows,
                                const std::vector<WalletRequest>& requests) {
  Requests by_student;
  std::map<Bytes, const WalletRequest*> keys;

  // A request in the wrong batch, or a second one, would bind a degree to somebody's key; no guess
  // is made which one is meant.
  for (const auto& request : requests) {
    const bool known = std::ranges::find(rows, request.student, &ClassRow::student) != rows.end();
    if (!known)
      return error(of_file(request) + "a wallet request is for student \"" + request.student +
                   "\", who is not in the class list" + near_in(rows, request.student));
    const auto [first, is_new] = by_student.emplace(request.student, &request);
    if (!is_new)
      return error(of_file(request) + "student \"" + request.student +
                   "\" sent two wallet requests" + also_in(*first->second) + ": remove one");

    // One key in two requests is one wallet answering for two learners.
    const auto [owner, is_fresh] = keys.emplace(request.holder.bytes, &request);
    if (!is_fresh)
      return error(of_file(request) + "the wallet request of student \"" + request.student +
                   "\" uses a key that another one uses too" + also_in(*owner->second));
  }
  return by_student;
}

struct Built {
  Award award;
  Hash256 commitment;
};

Result<Built> build_award(const BatchPlan& plan, const ClassRow& row, const WalletRequest* request,
                          std::uint32_t position, const SecretKey& credential_key) {
  Built built;
  built.award.student = row.student;
  built.award.position = position;

  CredentialContents contents;
  contents.head.issuer_domain = plan.issuer_domain;
  contents.head.issuer_key = plan.credential_key;
  contents.head.issued_at_s = plan.issued_at_s;
  contents.head.expires_at_s = plan.expires_at_s;
  contents.head.reference = make_reference(plan.chain, plan.issuer, plan.first_index + position);
  contents.head.salt = random_fixed<Salt>();
  contents.head.achievement = plan.achievement;
  contents.head.holder_made = request != nullptr;

  // Only the holder may have the key of a credential. Where the learner made none, the issuer makes
  // one for single use, and it travels in the claim file under a code.
  if (request != nullptr) {
    contents.head.holder = request->holder;
    built.award.recipient = request->recipient;
  } else {
    const SecretKey key = SecretKey::generate(plan.holder_algorithm);
    contents.head.holder = key.public_key();
    built.award.holder_secret = SecretBytes::copy_of(key.secret_bytes());
    built.award.claim_code = make_claim_code();
  }

  // insert() keeps what is there, so that the row's own value wins over the common one.
  contents.claims = row.claims;
  contents.claims.insert(plan.common.begin(), plan.common.end());  // the row's own value wins

  auto issued = issue_credential(contents, plan.chain, credential_key);
  if (!issued.ok()) return error("line " + std::to_string(row.line) + ": " + issued.message());
  built.award.sd_jwt = std::move(issued->sd_jwt);
  built.commitment = issued->commitment;
  return built;
}

std::string random_batch_id() {
  std::array<std::uint8_t, 16> id{};
  fill_random(id);
  return to_hex(id);
}

}  // namespace

Result<Batch> build_batch(const BatchPlan& plan, const std::vector<ClassRow>& rows,
                          const std::vector<WalletRequest>& requests,
                          const SecretKey& credential_key, const BatchProgress& progress) {
  TM_CHECK(!rows.empty() && rows.size() <= kMaxBatchSize, rows.size());
  TM_TRY(const auto by_student, match_requests(rows, requests));

  Batch batch;
  batch.id = random_batch_id();
  batch.plan = plan;
  const std::size_t size = std::max(rows.size(), kMinBatchSize);
  const auto positions = random_permutation(size);

  // A position that no learner takes keeps a random commitment, which nobody can open.
  batch.commitments.resize(size);
  for (auto& commitment : batch.commitments) commitment = random_fixed<Hash256>();

  FileNames names;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto request = by_student.find(rows[i].student);
    const WalletRequest* own = request == by_student.end() ? nullptr : request->second;
    TM_TRY(auto built, build_award(plan, rows[i], own, positions[i], credential_key));
    built.award.file_name = names.next(rows[i].student);
    batch.commitments[positions[i]] = built.commitment;
    batch.awards.push_back(std::move(built.award));
    if (progress) progress(i + 1, rows.size());
  }
  return batch;
}

void purge_secrets(Batch& batch) {
  for (auto& award : batch.awards) {
    award.holder_secret = SecretBytes{};
    award.claim_code = SecretBytes{};
  }
}

}  // namespace testamur::wallet
