#pragma once
#include "Convolution.h"
#include "Elementwise.h"
#include "Processors.h"
#include "Waiting.h"
