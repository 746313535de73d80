const { runSuite } = require('./suite.cjs');

runSuite().then((report) => console.log(`REPORT ${JSON.stringify(report)}`));
