import fc from 'fast-check';

// Shrinking a failure of large arrays takes many minutes, in which a test shows nothing.
fc.configureGlobal({ interruptAfterTimeLimit: 20_000 });
