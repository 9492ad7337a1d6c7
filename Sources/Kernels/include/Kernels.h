#pragma once
#include "Convolution.h"
