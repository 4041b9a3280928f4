// What a statement is limited to is what was typed, or it is refused.
#include "wallet/cli/commands/statement_options.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

Result<trust::Scope> scope_of(const std::string& field) {
  StatementOptions options;
  options.fields = std::vector<std::string>{field};
  return parse_scope(options);
}

}  // namespace

TEST_CASE("a code that stands for more than it says is refused in a statement") {
  for (const char* wide : {"0699", "0619", "0610", "078"}) {
    const auto scope = scope_of(wide);
    INFO(wide);
    REQUIRE_FALSE(scope.ok());
    CHECK(scope.message().find("would stand for all of") != std::string::npos);
  }
  CHECK(scope_of("0699").message().find("write 06 if that is meant") != std::string::npos);

  for (const char* narrow : {"06", "041", "0613"}) {
    const auto scope = scope_of(narrow);
    INFO(narrow);
    REQUIRE(scope.ok());
    CHECK(to_text(*scope->fields) == narrow);
  }

  // The only field of 042, and no wider for that.
  CHECK(scope_of("0421").ok());
}

}  // namespace testamur::wallet
