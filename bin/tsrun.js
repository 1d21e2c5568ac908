#!/usr/bin/env node
import '../dist/launcher/tsrun.js';
