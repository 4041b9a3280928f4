#include "wallet/client/outbox.h"

#include <algorithm>
#include <filesystem>

#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxCarriedBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxNoteBytes = std::size_t{1} << 20;

Result<OutboxEntry> read_entry(const std::filesystem::path& file) {
  TM_TRY(auto id, parse_transaction_id(file.stem().string()));
  TM_TRY(auto carried, read_file(file.string(), kMaxCarriedBytes));
  std::filesystem::path note_file = file;
  note_file.replace_extension(".json");
  Json note = Json::object();
  if (auto text = read_file(note_file.string(), kMaxNoteBytes); text.ok()) {
    TM_TRY(note, parse_strict_json(as_text(*text)));
  }
  return OutboxEntry{id, std::move(carried), std::move(note)};
}

}  // namespace

std::string Outbox::path(const TransactionId& id, const char* suffix) const {
  return (std::filesystem::path(directory_) / (to_text(id) + suffix)).string();
}

Status Outbox::put(const OutboxEntry& entry) const {
  std::error_code failure;
  std::filesystem::create_directories(directory_, failure);
  if (failure) return error("cannot create " + directory_ + ": " + failure.message());
  TM_TRY_STATUS(write_file_atomically(path(entry.id, ".json"), as_bytes(entry.note.dump(2)),
                                      Overwrite::kAllowed));
  return write_file_atomically(path(entry.id, ".tx"), entry.carried, Overwrite::kAllowed);
}

Result<std::vector<OutboxEntry>> Outbox::list() const {
  std::vector<OutboxEntry> entries;
  if (!is_there(directory_)) return entries;
  TM_TRY(const auto files, list_folder(directory_));
  for (const auto& file : files) {
    if (std::filesystem::path(file).extension() != ".tx") continue;
    auto entry = read_entry(file);
    if (!entry.ok()) return error(file + ": " + entry.message());
    entries.push_back(std::move(entry).value());
  }

  return entries;
}

void Outbox::sweep() const {
  const auto files = list_folder(directory_);
  if (!files.ok()) return;
  std::error_code ignored;
  for (const auto& file : *files) {
    const std::filesystem::path path(file);
    std::filesystem::path bytes = path;
    bytes.replace_extension(".tx");
    const bool is_orphan = path.extension() == ".json" && !is_there(bytes.string());
    if (path.extension() == ".tmp" || is_orphan) std::filesystem::remove(path, ignored);
  }
}

void Outbox::remove(const TransactionId& id) const {
  std::error_code ignored;
  std::filesystem::remove(path(id, ".tx"), ignored);
  std::filesystem::remove(path(id, ".json"), ignored);
}

}  // namespace testamur::wallet
