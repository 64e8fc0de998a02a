import kafkajs, { type PartitionAssigner } from "kafkajs";

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;

/**
 * Assigns partition p of every topic to the same member. kafkajs's round robin continues its count
 * from topic to topic: a market's live trades could go to one recorder and its bulk trades to
 * another, and both would claim the market.
 */
export const sameMemberForEveryTopic: PartitionAssigner = ({ cluster }) => ({
  name: "SameMemberForEveryTopic",
  version: 0,
  assign: ({ members, topics }) => {
    const ids = members.map(({ memberId }) => memberId).sort();
    const shares = ids.map((): Record<string, number[]> => ({}));
    for (const topic of topics)
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const share = shares[partitionId % ids.length];
        if (share !== undefined) (share[topic] ??= []).push(partitionId);
      }
    return Promise.resolve(
      ids.map((memberId, index) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: 0,
          assignment: shares[index] ?? {},
          userData: Buffer.alloc(0),
        }),
      })),
    );
  },
  protocol: ({ topics }) => ({
    name: "SameMemberForEveryTopic",
    metadata: MemberMetadata.encode({
      version: 0,
      topics,
      userData: Buffer.alloc(0),
    }),
  }),
});
