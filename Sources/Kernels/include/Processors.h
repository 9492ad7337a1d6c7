#pragma once

/// How many processors this process may run on (its affinity mask, not what the machine has).
int available_processors(void);
