#include "wallet/cli/batches.h"

#include <algorithm>
#include <filesystem>

#include "ledger/tx/transaction.h"
#include "wallet/cli/output.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {

std::string batch_path(const Context& context, const std::string& name) {
  return context.path("issuer/batches/" + name);
}

std::vector<std::string> batch_names(const Context& context) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& item : std::filesystem::directory_iterator(context.path("issuer/batches"), ignored)) {
    // A folder without the state is what a crash left before there was a batch.
    if (std::filesystem::exists(item.path() / "batch.age", ignored)) names.push_back(item.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

Result<std::uint64_t> reserve_indexes(const Context& context, std::uint64_t next_free_on_ledger, std::uint64_t count) {
  const std::string file = context.path("issuer/next_index.json");
  std::uint64_t first = std::max<std::uint64_t>(next_free_on_ledger, 1);
  if (std::filesystem::exists(file)) {
    TM_TRY(auto raw, read_file(file, 1024));
    TM_TRY(auto json, parse_strict_json(as_text(raw)));
    ObjectReader reader(json, file);
    first = std::max(first, reader.number("reserved_until"));
    TM_TRY_STATUS(reader.finish());
  }
  const Json reserved{{"reserved_until", first + count}};
  TM_TRY_STATUS(write_home_file(context, "issuer/next_index.json", as_bytes(reserved.dump())));
  return first;
}

bool has_expired(const Batch& batch, Client& client) {
  auto decoded = ledger::tx::decode(batch.plan.chain, batch.transaction);
  const auto* transaction = std::get_if<ledger::tx::SharedTransaction>(&decoded);
  if (transaction == nullptr) return true;
  auto known = client.transaction((*transaction)->id());
  if (auto* json = std::get_if<Json>(&known)) {
    const std::string state = json->value("outcome", Json::object()).value("state", "");
    if (state == "committed" || state == "pending") return false;
  }
  auto status = client.status();
  const auto* json = std::get_if<Json>(&status);
  return json != nullptr &&
         json->value("as_of", Json::object()).value("time_ms", std::uint64_t{0}) > (*transaction)->valid_until_ms();
}

Result<TransactionId> id_of_carried(const ChainId& chain, ByteView carried) {
  auto decoded = ledger::tx::decode(chain, to_bytes(carried));
  if (const auto* rejection = std::get_if<ledger::tx::Rejection>(&decoded))
    return error(ledger::tx::to_text(*rejection));
  return std::get<ledger::tx::SharedTransaction>(decoded)->id();
}

Result<std::vector<IssuerIndex>> slots_of_student(const Context& context, const std::string& batch,
                                                  const std::string& student,
                                                  std::span<const age::Identity> identities) {
  std::vector<IssuerIndex> slots;
  const std::vector<std::string> names = batch.empty() ? batch_names(context) : std::vector<std::string>{batch};
  for (const auto& name : names) {
    TM_TRY(auto file, read_file(batch_path(context, name) + "/register.age", age::kMaxFileBytes));
    auto list = open_register(file, identities);
    if (!list.ok()) return error("register of batch " + name + ": " + list.message());
    if (const RegisterRow* row = find_student(*list, student)) {
      for (const auto& slot : row->slots) slots.push_back(slot.index);
    }
  }
  if (slots.empty())
    return error("no register of this home knows a student " + student + (batch.empty() ? "" : " in batch " + batch));
  std::ranges::sort(slots);
  return slots;
}

}  // namespace testamur::wallet
