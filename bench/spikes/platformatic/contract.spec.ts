import { readConfig } from "../../../src/config/config.js";
import { Metrics } from "../../../src/metrics/metrics.js";
import { StreamingFigures } from "../../../src/streaming/streaming-figures.js";
import { deliversByContract } from "../../../test/streaming/contract-delivery.js";
import { livesByContract } from "../../../test/streaming/contract-life.js";
import type { Bench } from "../../../test/streaming/contract.js";
import { putRaw } from "../../../test/streaming/kafka-bench.js";
import {
  type TestKafka,
  describeKafka,
  kafkaForTests,
  randomPrefix,
} from "../../../test/support/kafka.js";
import { PlatformaticTransport } from "./transport.js";

describeKafka("the spike on @platformatic/kafka, by the contract", () => {
  let kafka: TestKafka;
  beforeAll(async () => {
    kafka = await kafkaForTests();
  }, 120_000);
  afterAll(() => kafka.stop());

  const open = async (): Promise<Bench> => {
    const prefix = randomPrefix();
    const config = readConfig({
      KAFKA_BROKERS: kafka.brokers,
      TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: "4",
    });
    const transports: PlatformaticTransport[] = [];
    const another = async (): Promise<PlatformaticTransport> => {
      const transport = new PlatformaticTransport(config, new StreamingFigures(new Metrics()));
      transports.push(transport);
      await transport.start();
      return transport;
    };
    return {
      transport: await another(),
      group: `${prefix}recorder`,
      another,
      raw: (topic, key, value) => putRaw(kafka.brokers, prefix + topic, key, value),
      close: async () => {
        await Promise.all(transports.map((each) => each.close()));
      },
    };
  };
  describe("what a handler gets", () => deliversByContract(open));
  describe("coming and going", () => livesByContract(open));
});
