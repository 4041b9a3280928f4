// The standard streams of a program whose output must arrive, or whose exit code says that it did
// not. One thread, before any other begins.
#pragma once

#include <optional>
#include <string>

namespace testamur::inline common {

// Call first in main(). Opens what of 0, 1 and 2 is closed: the next file that is opened would take
// its number, and what is printed would be written into it. A closed output fails when it is
// written to, and a reader that went away is an error instead of a signal.
void prepare_standard_streams();

// Whether all that was printed until now has left this program.
bool standard_output_arrived();
// Why it has not; nothing where it has.
std::optional<std::string> standard_output_failure();

}  // namespace testamur::inline common
