import { createDatabase } from "../support/databases.js";
import { describeKafka, kafkaForTests } from "../support/kafka.js";
import { replaysLikeTheExchange } from "./golden-under-test.js";

describeKafka("replay, Kafka and a server", () => {
  replaysLikeTheExchange(async () => {
    const broker = await kafkaForTests();
    const settings = {
      DATABASE_URL: await createDatabase(),
      KAFKA_BROKERS: broker.brokers,
      TOPIC_PREFIX: `golden${Date.now()}.`,
      KAFKA_PARTITIONS: "4",
    };
    return {
      settings,
      tearDown: async () => {
        await broker.stop();
      },
    };
  });
});
