// The digests under which a report stands on a ledger. Statements keep the one of the program that
// sent them, so that older forms are computed for ever and never changed
// (docs/formats/accreditation-import.md, docs/decisions/1173-one-digest-for-all-spellings.md).
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "wallet/accreditation/report.h"

namespace testamur::wallet {

// One spelling of an address: https for http, the host in lower case, without default port and
// without slashes at the end. For comparing; what is sent is what the report says.
std::string one_link(std::string_view link);

// Of what the report says, whatever its case, spaces and spelling of the address: "testamur report
// 3", which new statements carry.
Hash256 report_digest(const Report& report);
// "testamur report 2": texts and address letter by letter.
Hash256 second_report_digest(const Report& report);

}  // namespace testamur::wallet
