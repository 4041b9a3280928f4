// connect: which nodes this home asks from now on.
#include <toml++/toml.h>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/joined.h"
#include "wallet/cli/option.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMostNodes = 16;

struct ConnectOptions {
  Given<std::vector<std::string>> nodes;
};

// Each node is asked by itself: one that is mistyped would be found out on the day when it is
// needed.
struct Answers {
  std::vector<std::string> nodes;  // those that answer
  std::string ledger;              // what they serve
  Json silent = Json::object();    // why, by node
};

Attempt<Answers> ask_each(Client& client, const std::vector<std::string>& nodes) {
  Answers answers;
  std::optional<CallError> first_cause;
  for (const auto& node : nodes) {
    auto called = client.status_of(node);
    if (const auto* cause = std::get_if<CallError>(&called)) {
      if (!first_cause) first_cause = *cause;
      answers.silent[node] = cause->message;
      continue;
    }

    const auto& chain = std::get<StatusAnswer>(called).chain;
    const std::string ledger = chain ? to_text(*chain) : "a ledger without a name";
    if (!answers.ledger.empty() && ledger != answers.ledger) {
      return Failure{ExitCode::kUnknown, node + " serves " + ledger + ", and " +
                                             answers.nodes.front() + " serves " + answers.ledger +
                                             ": name nodes of one ledger; nothing was changed"};
    }
    answers.ledger = ledger;
    answers.nodes.push_back(node);
  }

  if (answers.nodes.empty()) return failure_of(*first_cause);
  return answers;
}

// Where a position of the parser stands in the text. It counts characters, and not bytes.
std::size_t offset_of(const std::string& text, const toml::source_position& position) {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < position.line; ++line) at = text.find('\n', at) + 1;
  for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return at;
}

// The configuration with another value of this key, and all else as somebody wrote it.
// Precondition: the text was parsed (read_config).
std::string with_value(std::string text, const std::string& key, const std::string& value) {
  const toml::table table = toml::parse(text);
  if (const auto* old = table.get(key)) {
    const auto begin = offset_of(text, old->source().begin);
    return text.replace(begin, offset_of(text, old->source().end) - begin, value);
  }
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text + key + " = " + value + "\n";
}

// The file of this home with the nodes that it asks from now on.
Result<std::string> config_of(const Context& context, const std::vector<std::string>& nodes,
                              bool root_typed) {
  constexpr std::size_t kMaxBytes = 64 * 1024;
  const std::string file = context.path("config.toml");
  std::string text = "# Written by testamur connect; --endpoint and --tls-root come before it.\n";
  if (is_there(file)) {
    TM_TRY(const auto there, read_file(file, kMaxBytes));
    text = std::string(as_text(there));
  }
  text = with_value(std::move(text), "endpoints", Json(nodes).dump());
  if (!root_typed) return text;
  return with_value(std::move(text), "tls_root",
                    Json(std::filesystem::absolute(context.tls_root).string()).dump());
}

bool is_typed(const Context& context, std::string_view option) {
  return std::ranges::any_of(context.typed,
                             [&](const std::string& word) { return word.starts_with(option); });
}

Outcome connect(Context& context, const ConnectOptions& options) {
  const std::vector<std::string> nodes = options.nodes;
  if (is_typed(context, "--endpoint"))
    return error("--endpoint has no effect here: name the nodes after connect");
  if (nodes.size() > kMostNodes)
    return error("name " + std::to_string(kMostNodes) + " nodes at most");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    TM_TRY_STATUS(check_endpoint(nodes[i], "node"));
    if (std::ranges::find(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(i),
                          nodes[i]) != nodes.begin() + static_cast<std::ptrdiff_t>(i))
      return error(nodes[i] + " is named twice");
  }

  TM_TRY_STATUS(refuse_unread_options(context));
  TM_TRY_STATUS(hold_home(context, "connect"));
  context.endpoints = nodes;
  Client client = context.client();
  TM_TRY(auto answers, ask_each(client, nodes));

  // The ledger of the home is theirs, or nothing is changed. The order stays as it was typed: whose
  // policy decides does not hang on who was down for a moment.
  context.endpoints = answers.nodes;
  Client following = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = follow_ledger(context, following, trust)) return failure_of(*problem);
  context.endpoints = nodes;
  TM_TRY(const auto config,
         or_exit(ExitCode::kFailure, config_of(context, nodes, is_typed(context, "--tls-root"))));
  TM_TRY_STATUS(
      or_exit(ExitCode::kFailure, write_home_file(context, "config.toml", as_bytes(config))));

  std::string text;
  for (const auto& [node, cause] : answers.silent.items())
    text += "  " + node + " does not answer now, and which ledger it serves was not seen\n";
  return Reply{Json{{"endpoints", context.endpoints},
                    {"chain", answers.ledger},
                    {"silent", answers.silent},
                    {"tls_root", context.tls_root}},
               "this home asks " + joined(context.endpoints) + " from now on, of the ledger " +
                   answers.ledger + "\n" + text};
}

}  // namespace

void add_connect_command(Command app, Context& context, Run& run) {
  auto options = std::make_shared<ConnectOptions>();
  auto connecting =
      app.add_subcommand("connect", "Which nodes this home asks from now on, the first one first");
  option(connecting, "node", options->nodes, "HOST:PORT of a node's API; several by name")
      .required();
  show_example(connecting, "testamur connect ledger.univie.example:7601");
  connecting.callback([&context, &run, options] {
    run = [&context, options] { return connect(context, *options); };
  });
}

}  // namespace testamur::wallet
