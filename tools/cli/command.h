// The commands, one file each: each takes the arguments after its name and returns the exit code. Wrong use
// and failures throw Error.
#pragma once

#include <string>
#include <vector>

namespace noisegate {

using Arguments = std::vector<std::string>;

int train_command(const Arguments& arguments);
int eval_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int loss_command(const Arguments& arguments);
int sweep_command(const Arguments& arguments);
int bench_command(const Arguments& arguments);
int noise_command(const Arguments& arguments);
int report_command(const Arguments& arguments);
int suspects_command(const Arguments& arguments);

}  // namespace noisegate
